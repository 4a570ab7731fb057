#!/bin/sh
# Installs everything the lab runs, from Debian 12 (bookworm). Needs root.
# A policy-rc.d keeps the freshly installed daemons from starting: the lab
# starts its own copies, with its own settings, inside its own namespaces.
set -eu

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends \
	iproute2 iptables ethtool tcpdump util-linux openssl python3 \
	nginx-light openssh-server openssh-client dnsmasq-base chrony \
	exim4-daemon-light dovecot-imapd vsftpd postgresql redis-server \
	curl wget rsync lftp sshpass swaks bind9-dnsutils iputils-ping \
	postgresql-client redis-tools netcat-openbsd \
	nmap hydra slowhttptest hping3 iodine gobuster dirb ffuf sqlmap fping \
	medusa apache2-utils
