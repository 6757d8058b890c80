"""From the markers of a motion laboratory to joint centres."""
