"""The screens: Dash pages and components over the published figures. Computes nothing itself."""
