"""What of media needs a media library: packets of a file, and the check of a part of one."""
