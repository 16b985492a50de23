package systemd
