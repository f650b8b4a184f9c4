package acmewire_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
)

func TestCertificates(t *testing.T) {
	der := newFake(t, nil).Certificate().Raw
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	good := block("CERTIFICATE", der)
	for _, tt := range []struct {
		name, body string
		count      int
		want       string
	}{
		{"one", good, 1, ""},
		{"two", good + good, 2, ""},
		{"longer than the library takes", strings.Repeat(good, 7), 7, ""},
		{"text around", "subject=CN\n" + good + "\nissuer=\n" + good + "the end", 2, ""},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n"), 1, ""},
		{"too long", strings.Repeat(good, 17), 0, "the chain has more than 16 certificates"},
		{"empty", "", 0, "no PEM certificate in its 0 bytes"},
		{"garbage", "\x00\x01garbage", 0, "no PEM certificate in its 9 bytes"},
		{"HTML", "<html>", 0, "no PEM certificate in its 6 bytes"},
		{"an order", readyOrder, 0, "no PEM certificate in"},
		{"DER", string(der), 0, "no PEM certificate in"},
		{"a key", block("EC PRIVATE KEY", []byte("x")), 0, `PEM block 1 is a "EC PRIVATE KEY", want CERTIFICATE`},
		{"a key behind", good + block("PRIVATE KEY", []byte("x")), 0, `PEM block 2 is a "PRIVATE KEY", want CERTIFICATE`},
		{"truncated DER", good + block("CERTIFICATE", der[:len(der)/2]), 0, "certificate 2 of the chain: x509: malformed certificate"},
		{"no DER", block("CERTIFICATE", nil), 0, "certificate 1 of the chain: x509: malformed certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"cert/1": says(200, tt.body, "Content-Type: application/pem-certificate-chain")})
			chain, err := f.client(t).Certificate(t.Context(), f.URL+"/cert/1")
			if tt.want != "" {
				wantProtocol(t, err, "the download cannot be used: "+tt.want)
				return
			}
			if err != nil || len(chain.Certificates) != tt.count || chain.URL != f.URL+"/cert/1" {
				t.Fatalf("got %+v, %v, want %d certificates", chain, err, tt.count)
			}
			if got, want := acmewire.EncodePEM(chain.Certificates), strings.Repeat(good, tt.count); !bytes.Equal(got, []byte(want)) {
				t.Errorf("encoded again:\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Link fields come one by one or joined, with parameters of every sort.
func TestAlternates(t *testing.T) {
	good := string(acmewire.EncodePEM([]*x509.Certificate{newFake(t, nil).Certificate()}))
	for _, tt := range []struct {
		name  string
		links []string
		want  []string // paths
	}{
		{"none", nil, nil},
		{"other relations", []string{`</directory>;rel="index"`, `</up>;rel="up"`}, nil},
		{"one", []string{`</cert/1/1>;rel="alternate"`}, []string{"/cert/1/1"}},
		{"unquoted, spaced, in capitals", []string{`</a> ; REL = Alternate`}, []string{"/a"}},
		{"quoted, spaced", []string{`</a>; rel = "alternate"`, `</b>; rel= "alternate"; type=x`}, []string{"/a", "/b"}},
		{"two fields", []string{`</a>;rel=alternate`, `</b>;rel=alternate`}, []string{"/a", "/b"}},
		{"two in a field", []string{`</d>;rel="index", </a>;rel="alternate",</b>;rel="alternate"`}, []string{"/a", "/b"}},
		{"several relations", []string{`</a>;rel="up alternate"`}, []string{"/a"}},
		{"more parameters", []string{`</a>;title="one, two; three";rel="alternate";type=x, </b>;rel=alternate`}, []string{"/a", "/b"}},
		{"quotes within quotes", []string{`</a>;title="\"one\", <two>";rel="alternate", </b>;title="\\";rel=alternate`}, []string{"/a", "/b"}},
		{"comma and semicolon in the URL", []string{`</a,b;c>;rel=alternate`}, []string{"/a,b;c"}},
		{"twice", []string{`</a>;rel=alternate, </a>;rel=alternate`}, []string{"/a"}},
		{"relation of that end only", []string{`</a>;rel=alternates, </b>;rel=alternate-x`}, nil},
		{"a title that says so", []string{`</a>;title=";rel=alternate"`}, nil},
		{"not for this context", []string{`</a>;anchor="/b";rel=index`}, nil},
		{"garbage", []string{`<`, `>;rel=alternate`, `;;;`, `<http://[>;rel=alternate`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var header []string
			for _, l := range tt.links {
				header = append(header, "Link: "+l)
			}
			f := newFake(t, routes{"cert/1": says(200, good, header...)})
			chain, err := f.client(t).Certificate(t.Context(), f.URL+"/cert/1")
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, p := range tt.want {
				want = append(want, f.URL+p)
			}
			if !slices.Equal(chain.Alternates, want) {
				t.Errorf("got %q, want %q", chain.Alternates, want)
			}
		})
	}
}
