//go:build unix

package commands

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// a process is nfcert with an environment of its own.
type process struct {
	dir string
	env []string
}

func newProcess(t *testing.T, o lab.Options) *process {
	t.Helper()
	dir := t.TempDir()
	p := &process{dir: dir, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "NFCERT_STATE=" + filepath.Join(dir, "state"), "GORACE=atexit_sleep_ms=0",
	}}
	write(t, filepath.Join(dir, "amf.yaml"), nfFile)
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	write(t, filepath.Join(dir, "ca.pem"), string(l.TLSRootPEM()))
	p.env = append(p.env, "NFCERT_SERVER="+l.DirectoryURL(), "NFCERT_CA_ROOT="+filepath.Join(dir, "ca.pem"))
	return p
}

// command is nfcert, or another program, about to be run.
func (p *process) command(t *testing.T, name string, args ...string) (cmd *exec.Cmd, out, errs *lockedBuffer) {
	out, errs = &lockedBuffer{}, &lockedBuffer{}
	cmd = exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, out, errs
	return cmd, out, errs
}

// must runs a command that has to succeed.
func (p *process) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd, out, errs := p.command(t, name, args...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs)
	}
	return out.String()
}

// interrupt is end by Ctrl-C.
func (p *process) interrupt(t *testing.T, waits func(stderr *lockedBuffer) bool, args ...string) string {
	t.Helper()
	return p.end(t, os.Interrupt, waits, args...)
}

// end runs nfcert, sends it a signal when waits says that it waits, and returns
// what stderr has. The code must be 130, and stdout empty.
func (p *process) end(t *testing.T, with os.Signal, waits func(stderr *lockedBuffer) bool, args ...string) string {
	t.Helper()
	cmd, out, errs := p.command(t, "nfcert", args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, cmd, errs, waits)
	if err := cmd.Process.Signal(with); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != report.ExitInterrupted {
		t.Errorf("nfcert %v ended with %d, want 130\n%s", args, code, errs)
	}
	if out.String() != "" {
		t.Errorf("stdout has %q, want nothing", out)
	}
	return errs.String()
}

// await returns once a process that was started waits, and kills one that does
// not come to that.
func await(t *testing.T, cmd *exec.Cmd, stderr *lockedBuffer, waits func(stderr *lockedBuffer) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !waits(stderr) {
		select {
		case <-ctx.Done():
			_ = cmd.Process.Kill()
			t.Fatalf("%v never came to wait:\n%s", cmd.Args, stderr)
		case <-tick.C:
		}
	}
}

// resume types what "next:" says.
func (p *process) resume(t *testing.T, stderr string) string {
	t.Helper()
	_, line, ok := strings.Cut(stderr, "\nnext: ")
	if !ok {
		t.Fatalf("no next: line in\n%s", stderr)
	}
	return p.must(t, "sh", "-c", strings.TrimSpace(line))
}

// seen reports whether a channel is closed.
func seen(c <-chan struct{}) func(*lockedBuffer) bool {
	return func(*lockedBuffer) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
}

// hang serves dir, but the first request waits until release, which is called
// at the latest when the test ends. came is closed when it came.
func hang(t *testing.T, dir string) (port int, came <-chan struct{}, release func()) {
	arrived, free := make(chan struct{}), make(chan struct{})
	first := make(chan struct{}, 1)
	first <- struct{}{}
	files := http.FileServer(http.Dir(dir))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-first:
			close(arrived)
			<-free
		default:
		}
		files.ServeHTTP(w, r)
	}))
	released := false
	release = func() {
		if !released {
			released = true
			close(free)
		}
	}
	t.Cleanup(func() { release(); web.Close() })
	return web.Listener.Addr().(*net.TCPAddr).Port, arrived, release
}

// TestInterruptChallenge guards that Ctrl-C while the CA looks for a challenge
// takes it away, and that the proposed command goes on, with the way of
// answering that the user had typed.
func TestInterruptChallenge(t *testing.T) {
	t.Parallel()
	www := t.TempDir()
	port, came, release := hang(t, www)
	p := newProcess(t, lab.Options{HTTPPort: port})
	p.must(t, "nfcert", "account")
	p.must(t, "nfcert", "csr", "-n", "amf-01", "--nf", "amf.yaml")
	stderr := p.interrupt(t, seen(came), "order", "-n", "amf-01", "--webroot", www)
	if !strings.Contains(stderr, "nfcert: order amf-01: interrupted; progress is saved\n") {
		t.Errorf("stderr does not say that it was interrupted:\n%s", stderr)
	}
	if left, err := os.ReadDir(www); err != nil || len(left) != 0 {
		t.Errorf("the web root has %v (%v), want nothing", left, err)
	}
	if want := "\nnext: nfcert order -n amf-01 --webroot " + www + "\n"; !strings.Contains(stderr, want) {
		t.Errorf("stderr lacks %q:\n%s", want, stderr)
	}
	release() // and the CA finds nothing: the order fails, and another is made
	cmd, _, errs := p.command(t, "sh", "-c", lineAfter(stderr, "next: "))
	if err := cmd.Run(); err != nil {
		p.resume(t, "\n"+errs.String())
	}
	if out := p.must(t, "nfcert", "show", "order", "-n", "amf-01"); !strings.Contains(out, "order status\tready\n") {
		t.Errorf("after resuming the order is not ready:\n%s", out)
	}
}

// TestHangUp guards that a terminal which goes away does not leave a challenge
// behind, and that who asked for it (nohup) goes on without one.
func TestHangUp(t *testing.T) {
	t.Parallel()
	www := t.TempDir()
	port, came, release := hang(t, www)
	p := newProcess(t, lab.Options{HTTPPort: port})
	p.must(t, "nfcert", "account")
	p.must(t, "nfcert", "csr", "-n", "amf-01", "--nf", "amf.yaml")
	stderr := p.end(t, syscall.SIGHUP, seen(came), "order", "-n", "amf-01", "--webroot", www)
	if left, err := os.ReadDir(www); err != nil || len(left) != 0 {
		t.Errorf("the web root has %v (%v), want nothing\n%s", left, err, stderr)
	}
	release()

	cmd, _, errs := p.command(t, "sh", "-c", `trap "" HUP; exec nfcert enroll -n amf-02 --nf amf.yaml --webroot `+www)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, cmd, errs, func(stderr *lockedBuffer) bool { return strings.Contains(stderr.String(), "order placed") })
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v, want 0\n%s", err, errs)
	}
}

// lineAfter is the rest of the line that starts so.
func lineAfter(text, start string) string {
	_, rest, _ := strings.Cut("\n"+text, "\n"+start)
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// TestInterruptFinalize guards Ctrl-C while the CA makes the certificate: the
// next run ends the same order.
func TestInterruptFinalize(t *testing.T) {
	t.Parallel()
	www := t.TempDir()
	port, _, release := hang(t, www)
	release()
	p := newProcess(t, lab.Options{HTTPPort: port, Misbehave: []lab.Misbehaviour{{Name: "processing", Value: "7"}}})
	p.must(t, "nfcert", "account")
	p.must(t, "nfcert", "csr", "-n", "amf-01", "--nf", "amf.yaml")
	p.must(t, "nfcert", "order", "-n", "amf-01", "--webroot", www)
	waiting := func(stderr *lockedBuffer) bool {
		return strings.Contains(stderr.String(), "waiting for the CA to issue the certificate")
	}
	stderr := p.interrupt(t, waiting, "finalize", "-n", "amf-01", "--out", "tls")
	if _, err := os.Stat(filepath.Join(p.dir, "tls")); err == nil {
		t.Errorf("tls is there, want nothing before the certificate is")
	}
	if out := p.resume(t, stderr); !strings.Contains(out, "status\tcertificate issued\n") {
		t.Errorf("after resuming there is no certificate:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "tls", "amf-01.key.pem")); err != nil {
		t.Errorf("the resumed run forgot --out: %v", err)
	}
}

// TestInterruptEnroll guards the one-shot: it is resumed as it was typed.
func TestInterruptEnroll(t *testing.T) {
	t.Parallel()
	www := t.TempDir()
	port, _, release := hang(t, www)
	release()
	p := newProcess(t, lab.Options{HTTPPort: port, Misbehave: []lab.Misbehaviour{{Name: "processing", Value: "7"}}})
	waiting := func(stderr *lockedBuffer) bool {
		return strings.Contains(stderr.String(), "waiting for the CA to issue the certificate")
	}
	stderr := p.interrupt(t, waiting, "enroll", "-n", "amf-01", "--nf", "amf.yaml", "--webroot", www, "--out", "tls", "--contact", "a@b.example,c@d.example")
	want := "nfcert enroll -n amf-01 --contact a@b.example --contact c@d.example --nf amf.yaml --out tls --webroot " + www
	if got := lineAfter(stderr, "next: "); got != want {
		t.Errorf("next: %s, want %s", got, want)
	}
	if out := p.resume(t, stderr); !strings.Contains(out, "status\tcertificate issued\n") {
		t.Errorf("after resuming there is no certificate:\n%s", out)
	}
}

// TestInterruptRequest guards Ctrl-C while a server does not answer at all.
func TestInterruptRequest(t *testing.T) {
	t.Parallel()
	p := newProcess(t, lab.Options{})
	came, free := make(chan struct{}), make(chan struct{})
	url, root := serveTLS(func(http.ResponseWriter, *http.Request) { close(came); <-free }, t.Cleanup)
	t.Cleanup(func() { close(free) })
	write(t, filepath.Join(p.dir, "slow.pem"), string(root))
	stderr := p.interrupt(t, seen(came), "account", "-s", url+"/directory", "--ca-root", "slow.pem", "-o", "json")
	if !strings.Contains(stderr, `"code":"interrupted"`) || !strings.Contains(stderr, `"next":"nfcert account --ca-root slow.pem --server `+url) {
		t.Errorf("stderr lacks the code or the command:\n%s", stderr)
	}
}

// TestInterruptLab guards that a lab ends quietly and takes its files along.
func TestInterruptLab(t *testing.T) {
	t.Parallel()
	p := newProcess(t, lab.Options{})
	tmp := t.TempDir()
	p.env = append(p.env, "TMPDIR="+tmp)
	cmd, out, errs := p.command(t, "nfcert", "lab", "up")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, cmd, errs, func(stderr *lockedBuffer) bool {
		return strings.Contains(stderr.String(), "until interrupted") && strings.Contains(out.String(), "NFCERT_ACCEPT_TOS=")
	})
	for _, want := range []string{"export NFCERT_SERVER=https://127.0.0.1:", "export NFCERT_CA_ROOT=", "export NFCERT_STATE=" + tmp + "/nfcert-lab-", "export NFCERT_HTTP_LISTEN=127.0.0.1:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, out)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("lab up ended with %v, want 0\n%s", err, errs)
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("the lab left %v (%v)", left, err)
	}
}
