package nf

import (
	"strings"
	"testing"
)

const sampleID = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"

// wantError checks that err holds the text; an empty text wants no error.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case text == "" && err != nil:
		t.Errorf("got error %v, want none", err)
	case text != "" && err == nil:
		t.Errorf("got no error, want one with %q", text)
	case text != "" && !strings.Contains(err.Error(), text):
		t.Errorf("got error %v, want one with %q", err, text)
	}
}

func TestParseInstanceID(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     InstanceID
		err      string
	}{
		{"as written", sampleID, sampleID, ""},
		{"upper case", strings.ToUpper(sampleID), sampleID, ""},
		{"empty", "", "", "empty, want a UUID"},
		{"a version 1", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "", "a version 1 UUID, want version 4 (TS 29.571 5.3.2)"},
		{"the nil UUID", "00000000-0000-0000-0000-000000000000", "", "a version 0 UUID"},
		{"wrong variant", "4ace9d34-2c69-4f99-c2d5-a73a3fe8e23b", "", "variant digit 'c'"},
		{"short", sampleID[:35], "", "35 characters, want 36"},
		{"long", sampleID + "0", "", "37 characters, want 36"},
		{"without hyphens", strings.ReplaceAll(sampleID, "-", ""), "", "32 characters"},
		{"hyphen moved", "4ace9d342-c69-4f99-92d5-a73a3fe8e23b", "", "'2' at character 9, want a hyphen"},
		{"not hex", "4ace9d34-2c69-4f99-92d5-a73a3fe8e23g", "", "'g' at character 36, want a hex digit"},
		{"urn", "urn:uuid:" + sampleID, "", "a URN, want only the UUID"},
		{"braces", "{" + sampleID + "}", "", "in braces"},
		{"space around", " " + sampleID[1:], "", "' ' at character 1"},
		{"huge", strings.Repeat("a", 1<<16), "", "65536 characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseInstanceID(tt.in)
			if got != tt.want {
				t.Errorf("ParseInstanceID(%.40q) = %q, want %q", tt.in, got, tt.want)
			}
			wantError(t, err, tt.err)
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("error has %d bytes, want the input clipped", len(err.Error()))
			}
		})
	}
}

func TestNewInstanceID(t *testing.T) {
	seen := map[InstanceID]bool{}
	for range 200 {
		id := NewInstanceID()
		if got, err := ParseInstanceID(string(id)); err != nil || got != id {
			t.Fatalf("ParseInstanceID(%q) = %q, %v, want it unchanged", id, got, err)
		}
		if seen[id] {
			t.Fatalf("instance id %q made twice", id)
		}
		seen[id] = true
	}
}

func TestURN(t *testing.T) {
	if got, want := InstanceID(sampleID).URN(), "urn:uuid:"+sampleID; got != want {
		t.Errorf("URN() = %q, want %q", got, want)
	}
	if got := InstanceID("").URN(); got != "" {
		t.Errorf("URN() of the zero value = %q, want empty", got)
	}
	for _, tt := range []struct {
		name, in string
		want     InstanceID
		err      string
	}{
		{"lower", "urn:uuid:" + sampleID, sampleID, ""},
		{"upper", "URN:UUID:" + strings.ToUpper(sampleID), sampleID, ""},
		{"bare", sampleID, "", "want urn:uuid: and a UUID"},
		{"another namespace", "urn:oid:2.5.29.17", "", "want urn:uuid:"},
		{"nothing after it", "urn:uuid:", "", "empty"},
		{"version 1", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "", "version 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseURN(tt.in)
			if got != tt.want {
				t.Errorf("ParseURN(%q) = %q, want %q", tt.in, got, tt.want)
			}
			wantError(t, err, tt.err)
		})
	}
}

func FuzzParseInstanceID(f *testing.F) {
	for _, s := range []string{sampleID, strings.ToUpper(sampleID), "", "urn:uuid:" + sampleID, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "\x00", "4ace9d34-2c69-4f99-92d5-a73a3fe8e2\u212a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseInstanceID(s)
		if err != nil {
			return
		}
		if !strings.EqualFold(string(id), s) || len(id) != 36 {
			t.Errorf("ParseInstanceID(%q) = %q, want the same UUID", s, id)
		}
		if back, err := ParseURN(id.URN()); err != nil || back != id {
			t.Errorf("ParseURN(%q) = %q, %v, want %q", id.URN(), back, err, id)
		}
	})
}
