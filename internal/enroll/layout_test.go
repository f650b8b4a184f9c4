package enroll_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

// laidOut wants one layout, in a directory that is made.
func laidOut(name layout.Name, dir string) enroll.FinalizeOptions {
	return enroll.FinalizeOptions{Layout: enroll.LayoutOptions{Name: name, Dir: dir, Passphrase: secret.New([]byte("passphrase"))}}
}

// TestLayoutsFromState guards that every layout is made of what the state has,
// without the CA and without anybody naming the root again.
func TestLayoutsFromState(t *testing.T) {
	t.Parallel()
	b := newBench(t, lab.Options{})
	o := laidOut(layout.Open5GS, filepath.Join(t.TempDir(), "open5gs"))
	o.Roots = b.roots
	en, err := b.whole(t.Context(), b.engine(), "amf-01", o)
	if err != nil {
		t.Fatal(err)
	}
	if en.Certificate.Layout != layout.Open5GS || len(en.Certificate.Configuration) == 0 {
		t.Errorf("layout %q with configuration %q, want open5gs and lines", en.Certificate.Layout, en.Certificate.Configuration)
	}
	root := readIfThere(t, filepath.Join(o.Layout.Dir, "ca.crt"))
	if root != string(b.lab.IssuerRootPEM()) {
		t.Errorf("ca.crt holds\n%s\nwant the root", root)
	}
	asked := len(b.lab.Requests())
	for _, name := range layout.Names() {
		again := laidOut(name, filepath.Join(t.TempDir(), "again"))
		for _, want := range []bool{false, true} {
			en, unchanged, err := b.engine().Finalize(t.Context(), "amf-01", again)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if unchanged != want || en.Certificate.Layout != name {
				t.Errorf("%s: unchanged %t as layout %q, want %t", name, unchanged, en.Certificate.Layout, want)
			}
		}
		if ca, ok := map[layout.Name]string{layout.Open5GS: "ca.crt", layout.Free5GC: "root.pem"}[name]; ok {
			if got := readIfThere(t, filepath.Join(again.Layout.Dir, ca)); got != root {
				t.Errorf("%s: %s holds\n%s\nwant the root", name, ca, got)
			}
		}
	}
	if n := len(b.lab.Requests()); n != asked {
		t.Errorf("the CA was asked %d times for it, want not at all", n-asked)
	}
}

// TestSharedCA guards what happens to a CA file that other NFs use already.
func TestSharedCA(t *testing.T) {
	t.Parallel()
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	foreign := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Certificate().Raw})
	b := newBench(t, lab.Options{})
	if _, err := b.whole(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{Roots: b.roots}); err != nil {
		t.Fatal(err)
	}
	root := b.lab.IssuerRootPEM()
	tests := []struct {
		name  string
		there []byte
		force bool
		want  []byte // afterwards; nil: refused
		warns string
	}{
		{"the same", root, false, root, ""},
		{"among others", slices.Concat(foreign, root), false, slices.Concat(foreign, root), ""},
		{"among others, forced", slices.Concat(foreign, root), true, slices.Concat(foreign, root), ""},
		{"another root", foreign, false, nil, ""},
		{"another root, forced", foreign, true, root, "the 1 certificates in it"},
		{"no certificates", []byte("nonsense"), false, nil, ""},
		{"no certificates, forced", []byte("nonsense"), true, root, ""},
		{"an empty file", []byte{}, false, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			ca := filepath.Join(dir, "ca.crt")
			if err := os.WriteFile(ca, tt.there, 0o644); err != nil {
				t.Fatal(err)
			}
			o := laidOut(layout.Open5GS, dir)
			o.Overwrite = tt.force
			var warned []string
			e := b.engine()
			e.Progress = func(ev enroll.Event) {
				if ev.Warning {
					warned = append(warned, ev.Message)
				}
			}
			_, _, err := e.Finalize(t.Context(), "amf-01", o)
			var exists *store.ExistsError
			if refused := errors.As(err, &exists); refused != (tt.want == nil) || err != nil && !refused {
				t.Fatalf("error %v, want refused: %t", err, tt.want == nil)
			}
			if tt.want == nil {
				tt.want = tt.there
				if got := readIfThere(t, filepath.Join(dir, "amf.key")); got != "" {
					t.Error("the key was written beside a CA file that was refused")
				}
			}
			if got := readIfThere(t, ca); got != string(tt.want) {
				t.Errorf("ca.crt holds\n%s\nwant\n%s", got, tt.want)
			}
			if all := strings.Join(warned, "\n"); strings.Contains(all, "is replaced") != (tt.warns != "") || !strings.Contains(all, tt.warns) {
				t.Errorf("warned %q, want %q", warned, tt.warns)
			}
		})
	}
}

// TestLayoutRefusedEarly guards that what cannot be laid out is found before
// the CA is asked for anything.
func TestLayoutRefusedEarly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(t *testing.T, b *bench, o *enroll.FinalizeOptions)
		want   any
	}{
		{"a file of the layout is there", func(t *testing.T, _ *bench, o *enroll.FinalizeOptions) {
			plant(t, filepath.Join(o.Layout.Dir, "amf.key"))
		}, new(*store.ExistsError)},
		{"the CA file lacks the root", func(t *testing.T, b *bench, o *enroll.FinalizeOptions) {
			plant(t, filepath.Join(o.Layout.Dir, "ca.crt"))
			o.Roots = b.roots
		}, new(*store.ExistsError)},
		{"the CA file is a directory", func(t *testing.T, _ *bench, o *enroll.FinalizeOptions) {
			if err := os.MkdirAll(filepath.Join(o.Layout.Dir, "ca.crt"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, new(*store.AccessError)},
		{"the directory is a file", func(t *testing.T, _ *bench, o *enroll.FinalizeOptions) {
			plant(t, o.Layout.Dir)
		}, new(*store.AccessError)},
		{"no such layout", func(_ *testing.T, _ *bench, o *enroll.FinalizeOptions) { o.Layout.Name = "oai" }, new(*layout.UnknownError)},
		{"no passphrase", func(_ *testing.T, _ *bench, o *enroll.FinalizeOptions) {
			o.Layout.Name, o.Layout.Passphrase = layout.PKCS12, secret.Bytes{}
		}, new(*layout.PassphraseError)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{})
			o := laidOut(layout.Open5GS, filepath.Join(t.TempDir(), "tls"))
			tt.change(t, b, &o)
			_, err := b.whole(t.Context(), b.engine(), "amf-01", o)
			if !errors.As(err, tt.want) {
				t.Errorf("error %v, want a %T", err, tt.want)
			}
			if n := len(b.lab.Requests()); n > 0 {
				t.Errorf("the CA was asked %d times before, want not at all", n)
			}
		})
	}
}

// plant puts a file where another is to go, and makes its directory.
func plant(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("Somebody's."), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAnchorLost guards enrolments of older versions, whose state has no root,
// and a root that is damaged.
func TestAnchorLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, lab.Options{})
	if _, err := b.whole(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{Roots: b.roots}); err != nil {
		t.Fatal(err)
	}
	anchor := filepath.Join(b.state, "enrolments", "amf-01", "anchor.pem")
	if err := os.WriteFile(anchor, []byte("nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	var damaged *enroll.KeyFileError
	if _, _, err := b.engine().Finalize(t.Context(), "amf-01", laidOut(layout.Open5GS, t.TempDir())); !errors.As(err, &damaged) || damaged.Path != anchor {
		t.Errorf("a damaged root gives %v, want a KeyFileError for it", err)
	}
	if err := os.Remove(anchor); err != nil {
		t.Fatal(err)
	}
	known := laidOut(layout.Open5GS, t.TempDir())
	known.Roots = b.roots
	unknown := laidOut(layout.Open5GS, t.TempDir())
	for _, o := range []enroll.FinalizeOptions{known, unknown} {
		if _, _, err := b.engine().Finalize(t.Context(), "amf-01", o); err != nil {
			t.Fatal(err)
		}
	}
	if got := readIfThere(t, filepath.Join(known.Layout.Dir, "ca.crt")); got != string(b.lab.IssuerRootPEM()) {
		t.Errorf("with the root named again ca.crt holds\n%s\nwant it", got)
	}
	chain, err := os.ReadFile(filepath.Join(unknown.Layout.Dir, "amf.crt"))
	if err != nil {
		t.Fatal(err)
	}
	got := readIfThere(t, filepath.Join(unknown.Layout.Dir, "ca.crt"))
	if !bytes.HasSuffix(chain, []byte(got)) || strings.Count(got, "BEGIN CERTIFICATE") != 1 {
		t.Errorf("without a root ca.crt holds\n%s\nwant the last of the chain", got)
	}
}
