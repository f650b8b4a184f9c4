package acmewire

import (
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"
)

// The vector of RFC 9773 section 4.1, and what cannot be named.
func TestCertID(t *testing.T) {
	aki := []byte{0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3, 0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4}
	for _, tt := range []struct {
		name   string
		aki    []byte
		serial int64
		want   string
	}{
		{"high bit", aki, 0x87654321, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"},
		{"no high bit", aki, 0x07654321, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.B2VDIQ"},
		{"no aki", nil, 1, ""},
		{"serial zero", aki, 0, ""},
		{"serial below zero", aki, -1, ""},
	} {
		got, err := CertID(&x509.Certificate{AuthorityKeyId: tt.aki, SerialNumber: big.NewInt(tt.serial)})
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestParseRenewalInfo(t *testing.T) {
	window := func(start, end string) string {
		return `{"suggestedWindow":{"start":"` + start + `","end":"` + end + `"}}`
	}
	const first, second = "2026-01-02T04:00:00Z", "2026-01-03T04:00:00Z"
	for _, tt := range []struct{ name, in, explanation, wantErr string }{
		{name: "window", in: window(first, second)},
		{name: "another zone", in: window("2026-01-02T05:00:00+01:00", second)},
		{name: "explained", in: `{"suggestedWindow":{"start":"` + first + `","end":"` + second + `"},"explanationURL":"https://ca.example/why"}`, explanation: "https://ca.example/why"},
		{name: "explained by a script", in: `{"suggestedWindow":{"start":"` + first + `","end":"` + second + `"},"explanationURL":"javascript:alert(1)"}`},
		{name: "explained at length", in: `{"suggestedWindow":{"start":"` + first + `","end":"` + second + `"},"explanationURL":"https://ca.example/` + strings.Repeat("x", maxExplanation) + `"}`},
		{name: "end before start", in: window(second, first), wantErr: "not after its start"},
		{name: "no length", in: window(first, first), wantErr: "not after its start"},
		{name: "no end", in: `{"suggestedWindow":{"start":"` + first + `"}}`, wantErr: "no suggestedWindow"},
		{name: "null", in: `null`, wantErr: "no suggestedWindow"},
		{name: "no time", in: window("soon", second), wantErr: "cannot be decoded"},
		{name: "list", in: `[]`, wantErr: "array"},
		{name: "html", in: `<html>`, wantErr: "HTML"},
		{name: "nothing", in: ``, wantErr: "empty"},
	} {
		got, err := parseRenewalInfo([]byte(tt.in))
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.wantErr)
			}
			continue
		}
		if err != nil || got.Start.Format(time.RFC3339) != first || got.End.Format(time.RFC3339) != second || got.Explanation != tt.explanation {
			t.Errorf("%s: %+v, %v, want %s to %s, explained by %q", tt.name, got, err, first, second, tt.explanation)
		}
	}
}

func FuzzParseRenewalInfo(f *testing.F) {
	f.Add([]byte(`{"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-03T04:00:00Z"},"explanationURL":"https://ca.example/why"}`))
	f.Add([]byte(`{"suggestedWindow":{"start":"9999-12-31T23:59:59Z","end":"0001-01-01T00:00:00+23:59"}}`))
	f.Add([]byte(`{"suggestedWindow":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		info, err := parseRenewalInfo(raw)
		if err == nil && (!info.End.After(info.Start) || len(info.Explanation) > maxExplanation) {
			t.Errorf("accepted %+v", info)
		}
	})
}
