package dataset

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
)

var requestColumns = []string{"method", "host", "uri", "referrer", "status_code", "request_body_len", "response_body_len"}

// WebRequests sets requests of malware, and of strangers who misuse an infected device as a proxy, beside those of people's
// machines, from captures of the Stratosphere Laboratory. A site is a group. Times, clients and user agents, which would tell
// the captures apart, are left out. What strangers do is sorted by what they ask for, as whoever reads the log would sort it.
func WebRequests(ctx context.Context, folder string) ([]Part, error) {
	labelled := func(get func(string) string) string {
		switch label := get("label"); {
		case label == "Malicious" && get("detailedlabel") != "External-Attack-to-Device": // 15 of these are too few
			return "kovter"
		case label == "Benign" || label == "Background":
			return "benign"
		}
		return ""
	}
	planted := []string{"/bin.sh", "/Mozi.m"}
	t := &Texts{Columns: append([]string{groupColumn}, requestColumns...)}
	for _, source := range []struct {
		file  string
		class func(get func(string) string) string
	}{
		{"stratosphere-labeled-zeek/008-zeek-mixed/data/http.log.labeled", labelled},
		{"stratosphere-labeled-zeek/010-zeek-mixed/data/http.log.labeled", labelled},
		{"stratosphere-labeled-zeek/011-zeek-mixed/data/http.log.labeled", labelled},
		{"stratosphere-labeled-zeek/012-zeek-mixed/data/http.log.labeled", labelled},
		{"stratosphere-labeled-zeek/009-zeek-malicious/data/http.log.labeled.gz", labelled},
		{"slips-test-captures/dataset/test9-mixed-zeek-dir/http.log", func(get func(string) string) string {
			if slices.Contains(planted, get("uri")) {
				return ""
			}
			return "benign"
		}},
		{"stratosphere-labeled-zeek/005-zeek-scenario-malicious/http.log", func(func(string) string) string { return "simda" }},
		{"stratosphere-labeled-zeek/007-zeek-scenario-ssh-infected/http.log.gz", misuse},
	} {
		err := fields(filepath.Join(folder, source.file), func(get func(string) string) {
			class := source.class(get)
			if class == "" {
				return
			}
			row := []string{siteOf(get("host"), get("id.resp_h"))}
			for _, c := range requestColumns {
				row = append(row, get(c))
			}
			t.Add(class, row...)
		})
		if err != nil {
			return nil, err
		}
	}
	t.cap(200, "benign")
	d, err := loadTexts(ctx, "requests", "web", groupColumn, t)
	return []Part{{"", d}}, err
}

// siteOf gives the domain of a host that is asked for by name, since networks of copies give one site many addresses; else the address.
func siteOf(host, address string) string {
	host, _, _ = strings.Cut(host, ":")
	if strings.Trim(host, "0123456789.") == "" {
		return address
	}
	return domainOf(host)
}

// misuse sorts what strangers did through a device whose password they had guessed.
func misuse(get func(string) string) string {
	uri, host := get("uri"), get("host")
	path, _, _ := strings.Cut(uri, "?")
	switch {
	case uri == "":
		return ""
	case strings.HasSuffix(path, "/wp-login.php") || strings.HasSuffix(path, "/xmlrpc.php") || strings.HasSuffix(path, "/administrator/index.php"):
		return "guessing"
	case host == "api.steampowered.com":
		return "harvesting"
	case path == "/proxy.php" || strings.HasPrefix(path, "/multi/") || host == "ip-api.com":
		return "proxy-check"
	}
	return "relayed"
}
