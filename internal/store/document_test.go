package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSaveLoad(t *testing.T) {
	for name, save := range map[string]func(*Store, string, any) error{"Save": func(s *Store, rel string, v any) error { return s.Save(rel, v) }, "SaveCache": (*Store).SaveCache} {
		s := newStore(t)
		for n := 1; n <= 2; n++ {
			if err := save(s, "doc.json", filled(n)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var got testDoc
			if err := s.Load("doc.json", &got); err != nil {
				t.Fatalf("%s, then Load: %v", name, err)
			}
			if diff := cmp.Diff(got, filled(n)); diff != "" {
				t.Errorf("%s, then Load, got -, want +:\n%s", name, diff)
			}
		}
	}
}

// Documents are for people too: indented, a newline at the end, & as &.
func TestSaveForm(t *testing.T) {
	s := newStore(t)
	if err := s.Save("doc.json", map[string]string{"url": "https://ca.example/?a&b"}); err != nil {
		t.Fatalf("Save: %v", err)
	}
	got, err := s.ReadFile("doc.json")
	if want := "{\n  \"url\": \"https://ca.example/?a&b\"\n}\n"; string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// Each document cut off at each byte is an error, never a panic. Without its
// last newline it is still whole.
func TestLoadTruncated(t *testing.T) {
	s := newStore(t)
	doc := filled(1)
	doc.Filler = []string{"é", `"quoted"`, "\x01"}
	if err := s.Save("doc.json", doc); err != nil {
		t.Fatalf("Save: %v", err)
	}
	whole, err := s.ReadFile("doc.json")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) - 1 {
		put(t, s.Path("doc.json"), string(whole[:n]))
		var damaged *DamagedError
		if err := s.Load("doc.json", new(testDoc)); !errors.As(err, &damaged) || damaged.Path != s.Path("doc.json") {
			t.Errorf("Load of the first %d bytes %q: %v, want a DamagedError with the path", n, whole[:n], err)
		}
	}
	put(t, s.Path("doc.json"), string(bytes.TrimRight(whole, "\n")))
	if err := s.Load("doc.json", new(testDoc)); err != nil {
		t.Errorf("Load without the last newline: %v", err)
	}
}

func TestLoadDamaged(t *testing.T) {
	tests := []struct{ name, in string }{
		{"not JSON", "version: 1\n"},
		{"html", "<html></html>"},
		{"zero bytes", strings.Repeat("\x00", 512)},
		{"null", "null\n"},
		{"array", `[{"version":1}]`},
		{"string", `"version"`},
		{"no version", `{"number":1}`},
		{"version null", `{"version":null}`},
		{"version zero", `{"version":0}`},
		{"version negative", `{"version":-1}`},
		{"version text", `{"version":"1"}`},
		{"version broken", `{"version":1.5}`},
		{"version huge", `{"version":99999999999999999999}`},
		{"wrong shape", `{"version":1,"number":"one"}`},
		{"trailing document", `{"version":1}{"version":1}`},
		{"trailing text", `{"version":1} x`},
		{"not UTF-8", "{\"version\":1,\"filler\":[\"\xff\"]}"},
		{"deep", strings.Repeat("[", 100_000)},
		{"too large", `{"version":1,"filler":["` + strings.Repeat("x", MaxFile) + `"]}`},
	}
	s := newStore(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			put(t, s.Path("doc.json"), tt.in)
			var damaged *DamagedError
			if err := s.Load("doc.json", new(testDoc)); !errors.As(err, &damaged) {
				t.Errorf("Load(%.60q): got %v, want a DamagedError", tt.in, err)
			}
		})
	}
}

func TestLoadNewer(t *testing.T) {
	s := newStore(t)
	const in = `{"version":2,"number":"of another shape"}`
	put(t, s.Path("doc.json"), in)
	var newer *VersionError
	err := s.Load("doc.json", new(testDoc))
	if !errors.As(err, &newer) || newer.Found != 2 || newer.Supported != 1 || newer.Path != s.Path("doc.json") {
		t.Errorf("Load(%s): got %v, want a VersionError of 2 over 1", in, err)
	}
}

// What Load would refuse is not written.
func TestSaveRefuses(t *testing.T) {
	s := newStore(t)
	tests := []struct {
		name string
		in   any
	}{
		{"no version", testDoc{}},
		{"newer version", testDoc{Version: 2}},
		{"not JSON", map[string]any{"x": func() {}}},
		{"too large", strings.Repeat("x", MaxFile)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := s.Save("doc.json", tt.in); err == nil {
				t.Error("Save succeeded")
			}
		})
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the store's directory: %v, want none", err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"version":1}`, `{"version":2}`, `{"version":1,"number":3,"filler":["x"]}`, "null", "[", "\xff", `{"Version":1,"version":null}`} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		s := mustOpen(t, dir)
		if err := os.WriteFile(filepath.Join(dir, "doc.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		var doc testDoc
		err := s.Load("doc.json", &doc)
		var damaged *DamagedError
		var newer *VersionError
		switch {
		case errors.As(err, &damaged), errors.As(err, &newer):
		case err != nil:
			t.Errorf("Load(%q): %v, want nil, a DamagedError or a VersionError", data, err)
		case doc.Version != 1:
			t.Errorf("Load(%q): accepted with version %d, want 1", data, doc.Version)
		}
	})
}

// A file that a document names is replaced together with it, or not at all.
func TestSaveAttachments(t *testing.T) {
	for name, save := range map[string]func(*Store, string, any, ...Attachment) error{
		"Save":     (*Store).Save,
		"SaveSoon": func(s *Store, rel string, v any, with ...Attachment) error { return s.SaveSoon(rel, v, with...)() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			if err := save(s, "e/doc.json", filled(1), Attachment{"e/chain.pem", []byte("first")}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			// A name too long for the unfinished file makes staging fail.
			bad := Attachment{"e/" + strings.Repeat("x", 254), []byte("never")}
			var access *AccessError
			if err := save(s, "e/doc.json", filled(2), Attachment{"e/chain.pem", []byte("second")}, bad); !errors.As(err, &access) {
				t.Errorf("%s with a file that cannot be staged: %v, want an AccessError", name, err)
			}
			var got testDoc
			if err := s.Load("e/doc.json", &got); err != nil || got.Number != 1 {
				t.Errorf("document %d, %v, want the first", got.Number, err)
			}
			if data, err := s.ReadFile("e/chain.pem"); string(data) != "first" {
				t.Errorf("attachment %q, %v, want the first", data, err)
			}
			want := []string{"e", "e/chain.pem", "e/doc.json", "format"}
			if diff := cmp.Diff(tree(t, s.Dir()), want); diff != "" {
				t.Errorf("files, got -, want +:\n%s", diff)
			}
		})
	}
}
