package realca

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestNameServer(t *testing.T) {
	s, err := startNameServer("")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	const name = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org."
	for _, tc := range []struct {
		name  string
		net   string
		qtype uint16
		want  []string
	}{
		{"A over UDP", "udp", dns.TypeA, []string{"127.0.0.1"}},
		{"A over TCP", "tcp", dns.TypeA, []string{"127.0.0.1"}},
		{"AAAA over UDP", "udp", dns.TypeAAAA, nil},
		{"CAA over TCP", "tcp", dns.TypeCAA, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client := dns.Client{Net: tc.net, Timeout: 5 * time.Second}
			reply, _, err := client.Exchange(new(dns.Msg).SetQuestion(name, tc.qtype), s.addr)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, rr := range reply.Answer {
				a, ok := rr.(*dns.A)
				if !ok {
					t.Fatalf("answer %v, want an A record", rr)
				}
				got = append(got, a.A.String())
			}
			if strings.Join(got, " ") != strings.Join(tc.want, " ") || reply.Rcode != dns.RcodeSuccess {
				t.Errorf("answer %v, %s, want %v, NOERROR", got, dns.RcodeToString[reply.Rcode], tc.want)
			}
		})
	}
}

// A server that exits at once is reported with what it printed.
func TestStartOfServerThatExits(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho address already in use\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := StartPebble(t.Context(), PebbleOptions{Binary: script, Dir: dir})
	if !errors.Is(err, errExited) || !strings.Contains(err.Error(), "address already in use") {
		t.Fatalf("error %v, want that it exited and what it printed", err)
	}
}

// The same with an end of patience: the wait ends with the context.
func TestStartOfServerThatHangs(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec sleep 600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := StartStepCA(ctx, StepCAOptions{Binary: script, Dir: dir}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that the deadline has passed", err)
	}
}

// parentVariable makes this test binary a parent that starts a child and
// waits to be killed.
const parentVariable = "REALCA_TEST_PARENT"

// A server does not outlive the process that started it, however that ended.
func TestChildDiesWithItsParent(t *testing.T) {
	if os.Getenv(parentVariable) != "" {
		parent(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildDiesWithItsParent$")
	cmd.Env = append(os.Environ(), parentVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed by us
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = poll(ctx, func(context.Context) error {
		if running(child) {
			return errors.New("child is still running")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// parent starts a child, prints its process number, and waits.
func parent(t *testing.T) {
	p, err := startProcess(exec.Command("sleep", "600"), filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString(strconv.Itoa(p.cmd.Process.Pid) + "\n")
	<-p.done
}

// running reports whether a process exists and has not ended; an orphan that
// nobody has waited for yet has ended.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
