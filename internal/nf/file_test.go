package nf

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleFile = `apiVersion: nfcert/v1
nf:
  type: AMF                       # NFType
  instanceId: 4ACE9d34-2c69-4f99-92d5-a73a3fe8e23b
  plmn: {mcc: 001, mnc: 01}
  country: SE
  fqdns: [AMF1.amf.5gc.mnc001.mcc001.3gppnetwork.org]
  uris: []
certificate:
  profile: nf-tls
  key: P256
`

func sample() *File {
	return &File{
		APIVersion: FileVersion,
		NF: Function{Type: "AMF", InstanceID: sampleID, PLMN: &PLMN{"001", "01"}, Country: "SE",
			FQDNs: []string{"amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"}, URIs: []string{}},
		Certificate: Certificate{Profile: "nf-tls", Key: "P256"},
	}
}

func TestParseFile(t *testing.T) {
	got, warnings, err := ParseFile("amf.yaml", []byte(sampleFile))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("ParseFile() = %v, %v, want neither warnings nor error", warnings, err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Errorf("ParseFile() differs (-want +got):\n%s", diff)
	}
}

// Codes that YAML reads as numbers or booleans keep their text.
func TestParseFileKeepsText(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     Function
	}{
		{"octal look", "plmn: {mcc: 010, mnc: 07}", Function{PLMN: &PLMN{"010", "07"}}},
		{"Norway", "country: no", Function{Country: "NO"}},
		{"NID of digits", "nid: 00000712345", Function{NID: "00000712345"}},
		{"NID like a float", "nid: 123456789e5", Function{NID: "123456789e5"}},
		{"null", "country: null", Function{}},
		{"null list", "fqdns:", Function{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := ParseFile("f", []byte("apiVersion: nfcert/v1\nnf:\n  "+tt.in+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.NF); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFileErrors(t *testing.T) {
	const head = "apiVersion: nfcert/v1\nnf:\n"
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [*" + string(c-1) + strings.Repeat(",*"+string(c-1), 8) + "]\n"
	}
	for _, tt := range []struct {
		name, in string
		line     int
		field    string
		err      string
	}{
		{"empty", "", 0, "", "empty, want an NF file"},
		{"comment alone", "# nothing\n", 0, "", "empty, want an NF file"},
		{"empty document", "---\n", 2, "", "empty, want a mapping"},
		{"NUL", "nf: \x00", 0, "", "NUL byte"},
		{"not UTF-8", "nf: \xff\xfe", 0, "", "not UTF-8"},
		{"too big", strings.Repeat("#", MaxFileSize+1), 0, "", "1048577 bytes, want at most 1048576"},
		{"a list", "- a\n", 1, "", "a list, want a mapping with the keys apiVersion, certificate, nf"},
		{"text", "hello\n", 1, "", `the text "hello", want a mapping`},
		{"not YAML", "nf: {\n", 1, "", "not YAML"},
		{"a tab", head + "\ttype: AMF\n", 3, "", "not YAML"},
		{"JSON cut short", `{"apiVersion": "nfcert/v1", "nf": {`, 1, "", "not YAML"},
		{"a certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n", 1, "", "want a mapping"},
		{"two documents", sampleFile + "---\n" + sampleFile, 12, "", "a second YAML document, want one"},
		{"no version", "nf: {type: AMF}\n", 1, "apiVersion", `"", want "nfcert/v1"`},
		{"other version", "apiVersion: nfcert/v2\nnf: {}\n", 1, "apiVersion", `"nfcert/v2", want "nfcert/v1"`},
		{"no nf", "apiVersion: nfcert/v1\n", 1, "nf", "missing"},
		{"unknown key", head + "  type: AMF\n  fqdn: a.se\n", 4, "nf", `unknown key "fqdn", want one of country, fqdns`},
		{"unknown key on top", "apiVersion: nfcert/v1\nname: x\nnf: {}\n", 2, "", `unknown key "name"`},
		{"merge key", head + "  <<: {type: AMF}\n", 3, "nf", `unknown key "<<"`},
		{"repeated key", head + "  type: AMF\n  type: SMF\n", 4, "nf.type", "given twice, first on line 3"},
		{"list as key", head + "  [a]: b\n", 3, "nf", "a key is a list"},
		{"list for text", head + "  type: [AMF]\n", 3, "nf.type", "a list, want text"},
		{"text for list", head + "  fqdns: a.se\n", 3, "nf.fqdns", `the text "a.se", want a list`},
		{"mapping in list", head + "  fqdns:\n    - a.se\n    - {b: c}\n", 5, "nf.fqdns[1]", "a mapping, want text"},
		{"plmn as text", head + "  plmn: 001-01\n", 3, "nf.plmn", "want a mapping with the keys mcc, mnc"},
		{"alias", head + "  type: &x AMF\n", 3, "nf.type", "anchor or alias"},
		{"bomb", bomb, 1, "", `unknown key "a"`},
		{"bomb in a field", "apiVersion: nfcert/v1\nnf: &n\n  fqdns: [*n]\n", 2, "nf", "anchor or alias"},
		{"deep", head + "  type: " + strings.Repeat("[", 20000), 3, "", "max depth"},
		{"wrong MCC", head + "  plmn:\n    mcc: 1\n    mnc: 01\n", 4, "nf.plmn.mcc", "want 3 digits"},
		{"MNC missing", head + "  plmn:\n    mcc: 001\n", 3, "nf.plmn.mnc", "want 2 or 3 digits"},
		{"UUID", head + "  instanceId: f81d4fae-7dec-11d0-a765-00a0c91e6bf6\n", 3, "nf.instanceId", "version 1"},
		{"second FQDN", head + "  fqdns:\n    - a.se\n    - a_b.se\n", 5, "nf.fqdns[1]", "an underscore"},
		{"FQDN with NUL escaped", head + "  fqdns: [\"a\\0.se\"]\n", 3, "nf.fqdns[0]", "byte 0x00"},
		{"long list", head + "  fqdns: [" + strings.Repeat("a.se,", 1001) + "]\n", 3, "nf.fqdns", "1001 entries, want at most 1000"},
		{"null in list", head + "  fqdns: [~]\n", 3, "nf.fqdns[0]", "empty"},
		{"unknown profile", head + "  type: AMF\ncertificate:\n  profile: tls\n", 5, "certificate.profile", `unknown profile "tls", want one of nf-tls`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, _, err := ParseFile("amf.yaml", []byte(tt.in))
			var fileErr *FileError
			if !errors.As(err, &fileErr) || f != nil {
				t.Fatalf("ParseFile() = %v, %v, want a *FileError", f, err)
			}
			if fileErr.File != "amf.yaml" || fileErr.Line != tt.line || fileErr.Field != tt.field {
				t.Errorf("error at %s:%d %q, want amf.yaml:%d %q (%v)", fileErr.File, fileErr.Line, fileErr.Field, tt.line, tt.field, err)
			}
			wantError(t, err, tt.err)
			if len(err.Error()) > 1<<13 {
				t.Errorf("error has %d bytes, want less", len(err.Error()))
			}
		})
	}
}

func TestParseFileReportsEveryFault(t *testing.T) {
	_, _, err := ParseFile("amf.yaml", []byte("apiVersion: nfcert/v1\nnf:\n  country: SWE\n  fqdns: [a_b.se]\ncertificate: {profile: x}\n"))
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	want := `amf.yaml:3: nf.country: country "SWE": want 2 upper-case letters of ISO 3166-1, for example SE
amf.yaml:4: nf.fqdns[0]: fqdn "a_b.se": an underscore, which host names must not have (RFC 1123 2.1); use a hyphen
amf.yaml:5: certificate.profile: unknown profile "x", want one of ` + strings.Join(names, ", ")
	if err == nil || err.Error() != want {
		t.Errorf("got error\n%v\nwant\n%s", err, want)
	}
}

func TestParseFileWarns(t *testing.T) {
	_, warnings, err := ParseFile("x.yaml", []byte("apiVersion: nfcert/v1\nnf: {type: MY_NF}\n"))
	if err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0], `x.yaml: nf type "MY_NF"`) {
		t.Errorf("ParseFile() = %q, %v, want one warning that names file and type", warnings, err)
	}
}

func TestEncode(t *testing.T) {
	f := sample()
	f.APIVersion = ""
	f.NF.NID = "00000712345"
	f.NF.Country = "NO"
	f.NF.URIs = nil
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := ParseFile("f", data)
	if err != nil {
		t.Fatalf("ParseFile() of\n%s= %v", data, err)
	}
	f.APIVersion = FileVersion
	if diff := cmp.Diff(f, got); diff != "" {
		t.Errorf("read back differs (-want +got):\n%s", diff)
	}
}

func FuzzParseFile(f *testing.F) {
	for _, s := range []string{sampleFile, "", "---\n---\n", "a: &a [*a]", "nf: {<<: *x}", "\xef\xbb\xbf" + sampleFile,
		"apiVersion: nfcert/v1\nnf: {fqdns: [\"a\\u0000\"], type: !!binary AA==}", "? [a]\n: b", "%YAML 1.1\n---\nnf: 1", "nf: |\n  x", "\"\\", "- - - -"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _, err := ParseFile("f", data)
		if err != nil {
			var fileErr *FileError
			if !errors.As(err, &fileErr) {
				t.Fatalf("ParseFile(%q) error %v of type %T, want a *FileError", data, err, err)
			}
			return
		}
		out, err := file.Encode()
		if err != nil {
			t.Fatalf("Encode() of %q = %v", data, err)
		}
		back, _, err := ParseFile("f", out)
		if err != nil {
			t.Fatalf("ParseFile of %q, which is %q encoded = %v", out, data, err)
		}
		normal := func(f *File) { // an empty list is not written
			if len(f.NF.URIs) == 0 {
				f.NF.URIs = nil
			}
			if len(f.NF.FQDNs) == 0 {
				f.NF.FQDNs = nil
			}
		}
		normal(file)
		normal(back)
		if diff := cmp.Diff(file, back); diff != "" {
			t.Errorf("read back differs (-first +again):\n%s", diff)
		}
	})
}
