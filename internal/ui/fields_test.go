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
	for tty, want := range map[bool]string{
		true: "name:      amf-01\n" +
			"order url: " + url + "\n" +
			"expires:   2026-11-24T14:00:00Z (in 2h)\n" +
			"detail:    no[2J such thing\n" +
			"fqdn:      a.example\n" +
			"           b.example\n" +
			"count:     0\n",
		false: "name\tamf-01\n" +
			"order url\t" + url + "\n" +
			"expires\t2026-11-24T14:00:00Z\n" +
			"detail\tno[2J such thing\n" +
			"fqdn\ta.example\n" +
			"fqdn\tb.example\n" +
			"count\t0\n",
	} {
		var out bytes.Buffer
		if err := fields.Write(&out, tty); out.String() != want || err != nil {
			t.Errorf("Write(tty %t): got\n%s%v, want\n%s", tty, out.String(), err, want)
		}
	}
	fields = &Fields{Paint: Paint{On: true}}
	fields.Add("k", "v")
	var out bytes.Buffer
	if err := fields.Write(&out, true); out.String() != "\x1b[2mk:\x1b[0m v\n" || err != nil {
		t.Errorf("Write with colour: got %q, %v", out.String(), err)
	}
}

func TestFieldsNote(t *testing.T) {
	fields := &Fields{Now: noon}
	fields.AddNote("purpose", "jwt", "CCA\tsigning\x1b[2J")
	fields.AddNote("purpose", "1.2.3", "")
	fields.AddNote("absent", "", "nothing to say it of")
	for tty, want := range map[bool]string{
		true:  "purpose: jwt (CCA signing[2J)\n         1.2.3\n",
		false: "purpose\tjwt\tCCA signing[2J\npurpose\t1.2.3\n",
	} {
		var out bytes.Buffer
		if err := fields.Write(&out, tty); out.String() != want || err != nil {
			t.Errorf("Write(tty %t): got\n%s%v, want\n%s", tty, out.String(), err, want)
		}
	}
}
