package detect

import "testing"

// An alert goes by the log's own Community ID, which may have another seed than ours.
func TestCommunityID(t *testing.T) {
	flow := map[string]any{"proto": "tcp", "id.orig_h": "128.232.110.120", "id.resp_h": "66.35.250.204", "id.orig_p": 34855.0, "id.resp_p": 80.0}
	const ours = "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
	for _, tt := range []struct{ own, want any }{{nil, ours}, {"-", ours}, {7.0, ours}, {"1:HhA1B+6CoLbiKPEs5nhNYN4XWfk=", "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="}} {
		flow["community_id"] = tt.own
		if got := communityID(flow); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.own, got, tt.want)
		}
	}
	delete(flow, "community_id")
	for port, want := range map[string]string{"80": ours, "": "", "80 ": "", "65536": ""} { // as in a CSV
		if flow["id.resp_p"] = port; communityID(flow) != want {
			t.Errorf("port %q: %q, want %q", port, communityID(flow), want)
		}
	}
}
