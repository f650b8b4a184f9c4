package tune

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// child, in the environment, makes the test a process of its own: what is tuned
// is the whole process.
const child = "NFCERT_TEST_CHILD"

// children are what such a process does. It prints what the test wants to know.
var children = map[string]func() error{}

func TestMain(m *testing.M) {
	do, ok := children[os.Getenv(child)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inChild runs one of the children, with variables, and returns what it printed.
func inChild(t *testing.T, name string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	// The race detector waits a second at the end unless it is told not to.
	cmd.Env = append(append(os.Environ(), child+"="+name, "GORACE=atexit_sleep_ms=0"), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func init() {
	children["short"] = func() error { return processors(Short) }
	children["long"] = func() error { return processors(Long) }
}

// processors begins on one, as package early has it, and prints on how many it
// goes on.
func processors(prepare func()) error {
	runtime.GOMAXPROCS(1)
	prepare()
	_, err := fmt.Print(runtime.GOMAXPROCS(0))
	return err
}

func TestProcessors(t *testing.T) {
	runtime.SetDefaultGOMAXPROCS()
	all := fmt.Sprint(runtime.GOMAXPROCS(0))
	for _, test := range []struct{ child, env, want string }{
		{"short", "", "1"},
		{"long", "", all},
		{"short", "3", "3"},
		{"long", "3", "3"},
		{"long", "many", all},
	} {
		t.Run(test.child+" "+test.env, func(t *testing.T) {
			if got := inChild(t, test.child, "GOMAXPROCS="+test.env); got != test.want {
				t.Errorf("it goes on with %s processors, want %s", got, test.want)
			}
		})
	}
}
