package ui

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct {
		name, in string
		max      int
		want     string
	}{
		{"plain", "name is outside", 0, "name is outside"},
		{"empty", "", 5, ""},
		{"letters", "Zürich 東京 é", 0, "Zürich 東京 é"},
		{"escape sequence", "a\x1b[31mb\x1b]0;title\x07c", 0, "a[31mb]0;titlec"},
		{"C1", "a\u009b31mb\u0085c", 0, "a31mb c"},
		{"DEL and NUL", "a\x7fb\x00c", 0, "abc"},
		{"line breaks", "a\r\nb\tc\vd\u2028e", 0, "a b c d e"},
		{"spaces stay", "a  b", 0, "a  b"},
		{"bidi", "a\u202egpj.exe\u202c\u2066b\u2069\u200f", 0, "agpj.exeb"},
		{"zero width", "a\u200bb\u200dc\ufeffd\u00ade\u2060", 0, "abcde"},
		{"tags and fillers", "a\U000e0041b\u3164c\ufe0fd", 0, "abcd"},
		{"not UTF-8", "a\xffb\xc3", 0, "a\ufffdb\ufffd"},
		{"fits", "abcde", 5, "abcde"},
		{"cut", "abcdef", 5, "abcd…"},
		{"cut between runes", "äöüßé", 3, "äö…"},
		{"hidden ones do not count", "ab\u200b\u200bc\u200b", 3, "abc"},
		{"hidden ones are not more", "abc\x1b", 3, "abc"},
		{"one", "ab", 1, "…"},
		{"negative is no limit", "abc", -1, "abc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.in, tt.max); got != tt.want {
				t.Errorf("Clean(%q, %d): got %q, want %q", tt.in, tt.max, got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff\n", 3)
	f.Add(strings.Repeat("é", 100), 99)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, in string, max int) {
		got := Clean(in, max)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || isHidden(r) }) {
			t.Errorf("Clean(%q, %d): %q is not clean", in, max, got)
		}
		if n := utf8.RuneCountInString(got); max > 0 && n > max {
			t.Errorf("Clean(%q, %d): %q has %d characters", in, max, got, n)
		}
		if again := Clean(got, max); again != got {
			t.Errorf("Clean(%q, %d): %q, and again %q", in, max, got, again)
		}
	})
}

func TestAge(t *testing.T) {
	tests := []struct {
		past time.Duration
		want string
	}{
		{0, "now"},
		{999 * time.Millisecond, "now"},
		{time.Second, "1s"},
		{59 * time.Second, "59s"},
		{time.Minute, "1m"},
		{3*time.Minute + 59*time.Second, "3m"},
		{time.Hour - 1, "59m"},
		{2 * time.Hour, "2h"},
		{day - 1, "23h"},
		{5 * day, "5d"},
		{700 * day, "700d"},
		{3 * 365 * day, "3y"},
		{-30 * time.Second, "in 30s"},
		{-5*day - time.Hour, "in 5d"},
		{-10 * 365 * day, "in 10y"},
	}
	for _, tt := range tests {
		if got := Age(noon.Add(-tt.past), noon); got != tt.want {
			t.Errorf("Age of %s: got %q, want %q", tt.past, got, tt.want)
		}
	}
	if got := Age(time.Time{}, noon); got != "-" {
		t.Errorf("Age of the zero time: got %q, want -", got)
	}
}

func TestTime(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	if got, want := Time(time.Date(2026, 11, 24, 13, 0, 0, 999, zone)), "2026-11-24T12:00:00Z"; got != want {
		t.Errorf("Time: got %q, want %q", got, want)
	}
	if got := Time(time.Time{}); got != "" {
		t.Errorf("Time of the zero time: got %q, want none", got)
	}
}

func TestWriteJSON(t *testing.T) {
	type doc struct {
		URL    string `json:"url"`
		Detail string `json:"detail"`
	}
	in := doc{"https://ca.example/?a&b<c>", "bell\a csi\u009b31m bidi\u202e del\x7f tag\U000e0041 é 東"}
	var out bytes.Buffer
	if err := WriteJSON(&out, in); err != nil {
		t.Fatalf("WriteJSON: %v", err)
	}
	want := "{\n" +
		`  "url": "https://ca.example/?a&b<c>",` + "\n" +
		`  "detail": "bell\u0007 csi\u009b31m bidi\u202e del\u007f tag\udb40\udc41 é 東"` + "\n}\n"
	if out.String() != want {
		t.Errorf("WriteJSON: got\n%s, want\n%s", out.String(), want)
	}
	var back doc
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != in {
		t.Errorf("read back: got %+v, %v, want %+v", back, err, in)
	}
	out.Reset()
	if err := WriteJSONLine(&out, doc{URL: "x"}); out.String() != `{"url":"x","detail":""}`+"\n" || err != nil {
		t.Errorf("WriteJSONLine: got %q, %v, want one line", out.String(), err)
	}
	if err := WriteJSON(&out, func() {}); err == nil {
		t.Error("WriteJSON of a function succeeded")
	}
}

func TestPaint(t *testing.T) {
	on, off := Paint{On: true}, Paint{}
	for want, got := range map[string]string{
		"\x1b[1mx\x1b[0m": on.Bold("x"), "\x1b[2mx\x1b[0m": on.Faint("x"), "\x1b[31mx\x1b[0m": on.Red("x"),
		"\x1b[32mx\x1b[0m": on.Green("x"), "\x1b[33mx\x1b[0m": on.Yellow("x"),
		"": on.Red(""), "x": off.Red("x"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
