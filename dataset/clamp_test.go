package dataset

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Builds that share entry point and sizes are a group, whatever their class, and neither year nor packer is a column.
func TestClaMP(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "ClaMP_Integrated-5184.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	z.Write([]byte("CreationYear,AddressOfEntryPoint,SizeOfCode,SizeOfImage,E_text,packer_type,class\n" +
		"1,10,20,30,1.5,UPX,1\n0,11,20,30,1.5,NoPacker,0\n1,10,20,30,2.5,NoPacker,0\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	parts, err := ClaMP(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	d := parts[0].Data
	if got := strings.Join(d.Label, " "); got != "malware benign benign" || d.Group[0] != d.Group[1] || d.Group[0] == d.Group[2] {
		t.Errorf("classes %s, groups %v", got, d.Group)
	}
	c, err := d.Contract()
	if err != nil || c.Index("CreationYear") >= 0 || c.Index("packer_type") >= 0 || c.Index("E_text") < 0 {
		t.Errorf("columns %v, %v", c, err)
	}
}
