package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestFields(t *testing.T) {
	url := "https://ca.example/acme/" + strings.Repeat("0123456789", 30)
	fields := &Fields{Now: noon}
	fields.Add("name", "amf-01")
	fields.Add("order url", url)
	fields.Add("expires", noon.Add(2*time.Hour))
	fields.Add("detail", "no\x1b[2J\nsuch thing")
	fields.Add("fqdn", "a.example")
	fields.Add("fqdn", "b.example")
	fields.Add("count", 0)
	fields.Add("absent", "")
	fields.Add("never", time.Time{})
	fields.Add("nil", nil)
	if got := fields.Len(); got != 7 {
		t.Errorf("Len: got %d, want 7", got)
	}
	for columns, want := range map[int]string{
		80: "name:      amf-01\n" +
			"order url: " + url + "\n" +
			"expires:   2026-11-24T14:00:00Z (in 2h)\n" +
			"detail:    no[2J such thing\n" +
			"fqdn:      a.example\n" +
			"           b.example\n" +
			"count:     0\n",
		0: "name\tamf-01\n" +
			"order url\t" + url + "\n" +
			"expires\t2026-11-24T14:00:00Z\n" +
			"detail\tno[2J such thing\n" +
			"fqdn\ta.example\n" +
			"fqdn\tb.example\n" +
			"count\t0\n",
	} {
		var out bytes.Buffer
		if err := fields.Write(&out, columns); out.String() != want || err != nil {
			t.Errorf("Write(%d columns): got\n%s%v, want\n%s", columns, out.String(), err, want)
		}
	}
	fields = &Fields{Paint: Paint{On: true}}
	fields.Add("k", "v")
	var out bytes.Buffer
	if err := fields.Write(&out, 80); out.String() != "\x1b[2mk:\x1b[0m v\n" || err != nil {
		t.Errorf("Write with colour: got %q, %v", out.String(), err)
	}
}

func TestFieldsNote(t *testing.T) {
	fields := &Fields{Now: noon}
	fields.AddNote("purpose", "jwt", "CCA\tsigning\x1b[2J")
	fields.AddNote("purpose", "1.2.3", "")
	fields.AddNote("absent", "", "nothing to say it of")
	for columns, want := range map[int]string{
		80: "purpose: jwt (CCA signing[2J)\n         1.2.3\n",
		0:  "purpose\tjwt\tCCA signing[2J\npurpose\t1.2.3\n",
	} {
		var out bytes.Buffer
		if err := fields.Write(&out, columns); out.String() != want || err != nil {
			t.Errorf("Write(%d columns): got\n%s%v, want\n%s", columns, out.String(), err, want)
		}
	}
}

// On a terminal only what cannot be broken is longer than a line.
func TestFieldsNarrow(t *testing.T) {
	url := "https://ca.example/" + strings.Repeat("x,", 20)
	fields := &Fields{Paint: Paint{On: true}}
	fields.Add("detail", "the CA no longer knows this order")
	fields.Add("url", url)
	fields.Add("next", Command("nfcert order solve -n amf-number-2"))
	fields.AddNote("purpose", "nfCCA", "signing of client credentials assertions")
	var out bytes.Buffer
	if err := fields.Write(&out, 32); err != nil {
		t.Fatal(err)
	}
	want := "detail:  the CA no longer knows\n" +
		"         this order\n" +
		"url:     " + url + "\n" +
		"next:    nfcert order solve -n amf-number-2\n" +
		"purpose: nfCCA\n" +
		"         (signing of client\n" +
		"         credentials assertions)\n"
	if got := colorCode().ReplaceAllString(out.String(), ""); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if !strings.Contains(out.String(), "\x1b[2m(signing of client\x1b[0m\n") {
		t.Errorf("%q: want each line of the note painted", out.String())
	}
}

// A hostile value cannot flood a terminal; a pipe gets it in full.
func TestFieldsCapped(t *testing.T) {
	long := strings.Repeat("x", 3*maxShown)
	for columns, want := range map[int]int{80: maxShown, 0: len(long)} {
		fields := new(Fields)
		fields.Add("detail", long)
		var out bytes.Buffer
		if err := fields.Write(&out, columns); err != nil {
			t.Fatal(err)
		}
		if got := width(strings.TrimLeft(strings.TrimSpace(out.String()), "detail:\t ")); got != want {
			t.Errorf("%d columns: %d characters, want %d", columns, got, want)
		}
	}
}
