package token

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return File{path}
	}
	for _, tc := range []struct {
		file File
		want string // of the error; "": none
	}{
		{write("token", canaryToken), ""},
		{write("line", "\n"+canaryToken+"\r\n"), ""},
		{File{filepath.Join(dir, "none")}, "no such file"},
		{File{dir}, "is a directory"},
	} {
		got, err := tc.file.Token(t.Context(), testWant(t))
		var source *SourceError
		switch {
		case tc.want == "" && (err != nil || string(got.Reveal()) != canaryToken):
			t.Errorf("%s: %v, want the token", tc.file.Path, err)
		case tc.want != "" && (!errors.As(err, &source) || source.Where != tc.file.Path || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want a SourceError with %q", tc.file.Path, err, tc.want)
		case tc.want != "" && strings.Count(err.Error(), tc.file.Path) != 1:
			t.Errorf("%v: the path stands %d times", err, strings.Count(err.Error(), tc.file.Path))
		}
	}
	if _, err := (File{filepath.Join(dir, "none")}).Token(t.Context(), ATC{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want to be told that it does not exist", err)
	}
	// Only as much of a file is read as shows that it is too long.
	big := write("big", strings.Repeat("A", 1<<20))
	got, err := big.Token(t.Context(), ATC{})
	if err != nil || got.Len() != maxToken+1 {
		t.Errorf("%d bytes, %v; want %d", got.Len(), err, maxToken+1)
	}
	var form *FormError
	if _, err := Parse(got); !errors.As(err, &form) || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("parsed: %v, want it too long", err)
	}
}

// TestMain makes the test binary the program that the tests of Command run, when
// the environment says so.
func TestMain(m *testing.M) {
	if act := os.Getenv("NFCERT_TEST_ACT"); act != "" {
		play(act)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play runs that program.
func play(act string) {
	switch act {
	case "print":
		fmt.Printf("\n%s\n", canaryToken)
	case "environment":
		fmt.Printf("%s,%s,%s,%s", os.Getenv(VarType), os.Getenv(VarValue), os.Getenv(VarFingerprint), os.Getenv("HOME"))
	case "arguments":
		fmt.Print(strings.Join(os.Args[1:], "|"))
	case "nothing":
	case "fail":
		fmt.Print(canaryToken)
		fmt.Fprintf(os.Stderr, "+ curl -H 'Authorization: %s'\nOAM is down\n", canaryToken)
		os.Exit(3)
	case "cut":
		fmt.Fprint(os.Stderr, strings.Repeat("x", maxStderr-20), canaryToken)
		os.Exit(4)
	case "much":
		fmt.Print(strings.Repeat("A", 10<<20))
	case "hang":
		select {}
	case "leave": // a child that keeps the output open until the test ends
		child := exec.Command(os.Args[0])
		child.Env, child.Stdout = []string{"NFCERT_TEST_ACT=await", "NFCERT_TEST_UNTIL=" + os.Getenv("NFCERT_TEST_UNTIL")}, os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Print(canaryToken)
	case "await":
		if conn, err := net.Dial("tcp", os.Getenv("NFCERT_TEST_UNTIL")); err == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
	}
}

func helper(act string, args ...string) Command {
	return Command{
		Args: append([]string{os.Args[0]}, args...),
		Env:  []string{"NFCERT_TEST_ACT=" + act, "HOME=/home/nf", VarValue + "=stale"},
	}
}

func TestCommand(t *testing.T) {
	want := testWant(t)
	for _, tc := range []struct {
		act  string
		args []string
		want string
	}{
		{"print", nil, canaryToken},
		{"environment", nil, want.Type + "," + want.Value + "," + want.Fingerprint + ",/home/nf"},
		// Arguments do not pass through a shell.
		{"arguments", []string{"a b", "$HOME", "`id`", ";exit 1", "*"}, "a b|$HOME|`id`|;exit 1|*"},
	} {
		got, err := helper(tc.act, tc.args...).Token(t.Context(), want)
		if err != nil || string(got.Reveal()) != tc.want {
			t.Errorf("%s: %q, %v; want %q", tc.act, got.Reveal(), err, tc.want)
		}
	}
	got, err := helper("much").Token(t.Context(), want)
	if err != nil || got.Len() != maxToken+1 {
		t.Errorf("10 MB: %d bytes kept, %v; want %d", got.Len(), err, maxToken+1)
	}
}

// Without Env a command has the environment of this process.
func TestCommandEnvironment(t *testing.T) {
	t.Setenv("NFCERT_TEST_ACT", "environment")
	t.Setenv("HOME", "/home/inherited")
	c := helper("")
	c.Env = nil
	got, err := c.Token(t.Context(), ATC{Type: "a"})
	if err != nil || string(got.Reveal()) != "a,,,/home/inherited" {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
}

func TestCommandFails(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	for _, tc := range []struct {
		name    string
		command Command
		want    string
	}{
		{"empty", Command{}, "no token from the command: empty"},
		{"not there", Command{Args: []string{gone}}, "no such file"},
		{"not in the path", Command{Args: []string{"nfcert-no-such-program"}}, "not found"},
		{"wrote nothing", helper("nothing"), "wrote nothing"},
		{"failed", helper("fail"), "exit status 3: + curl -H 'Authorization: [redacted]'\nOAM is down"},
		{"failed with much", helper("cut"), "exit status 4: xxx"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.command.Token(t.Context(), testWant(t))
			var source *SourceError
			if !errors.As(err, &source) || !strings.Contains(err.Error(), tc.want) || !got.IsZero() {
				t.Errorf("%v, want a SourceError with %q", err, tc.want)
			}
			if len(err.Error()) > maxReason+500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			noCanary(t, err)
		})
	}
}

// A command ends at its time limit and with the context.
func TestCommandHangs(t *testing.T) {
	c := helper("hang")
	c.Time = 100 * time.Millisecond
	var source *SourceError
	if _, err := c.Token(t.Context(), ATC{}); !errors.As(err, &source) || !strings.Contains(err.Error(), "longer than 100ms") {
		t.Errorf("out of time: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := helper("hang").Token(ctx, ATC{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v, want the context's error", err)
	}
}

// A process that a command leaves running does not block nfcert.
func TestCommandLeaves(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // a connection in its backlog ends with it
	c := helper("leave")
	c.Env = append(c.Env, "NFCERT_TEST_UNTIL="+ln.Addr().String())
	got, err := c.Token(t.Context(), ATC{})
	var source *SourceError
	if !errors.As(err, &source) || !strings.Contains(err.Error(), "keeps its output open") || !got.IsZero() {
		t.Errorf("%v, want a SourceError that says so", err)
	}
}

// Where names the program of a command and no argument: that may be a secret, and
// Where is saved.
func TestWhere(t *testing.T) {
	for _, tc := range []struct {
		source Source
		want   string
	}{
		{Command{Args: []string{"get-token", "--key", canaryPassword}}, "the command get-token"},
		{Command{}, "the command"},
		{File{"a/b"}, "a/b"},
		{&Authority{URL: "https://oam.example/t?key=" + canaryToken}, "https://oam.example/t"},
	} {
		if got := tc.source.Where(); got != tc.want {
			t.Errorf("%T: %q, want %q", tc.source, got, tc.want)
		}
	}
}
