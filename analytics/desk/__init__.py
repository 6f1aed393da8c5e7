"""The upload desk: files that come through the browser, from the drop to the published version.

The state of every file is a row in the operations database, never in a browser or a process; one worker process does
the reading and loading, so that a page never waits and a restart goes on where it stopped. This package must not know
pages, nor how a workbook is read or a record kept.
"""
