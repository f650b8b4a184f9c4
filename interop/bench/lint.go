package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/interop/realca"
)

// lintFew is how many of the certificates are judged first, to see whether
// memory grows with their number.
const lintFew = 1000

// lints compares nfcert lint with zlint's own command over the same files.
func lints(ctx context.Context, rounds, certs int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nfcert-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l, err := newLintField(ctx, dir)
	if err != nil {
		return err
	}
	files := filepath.Join(dir, "certificates")
	if err := os.Mkdir(files, 0o700); err != nil {
		return err
	}
	all, err := certificates(ctx, files, certs)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rounds on %s/%s, %d CPUs, %s; zlint %s.\n", rounds, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), l.version)
	contenders := l.contenders(all)
	for range rounds {
		for _, c := range contenders {
			cost, err := l.measure(ctx, c.args(0))
			if err != nil {
				return err
			}
			c.costs = append(c.costs, cost)
		}
	}
	t := newTable(fmt.Sprintf("%d certificates in one call", certs), "", "median", "certificates/s", "max RSS of a process")
	for _, c := range contenders {
		median := wall(c.costs, 50)
		count := certs
		if strings.Contains(c.label, "first") {
			count = min(lintFew, certs)
		}
		t.add(c.label, fmt.Sprintf("%.2f s", median.Seconds()), fmt.Sprintf("%.0f", float64(count)/median.Seconds()), mebibytes(slices.Max(values(c.costs, rss))))
	}
	return t.print(out)
}

// lintField is the contenders' binaries.
type lintField struct {
	dir, launcher            string
	nfcert, companion, zlint string
	version                  string // of zlint
}

func newLintField(ctx context.Context, dir string) (*lintField, error) {
	l := &lintField{dir: dir, nfcert: filepath.Join(dir, "nfcert"), companion: filepath.Join(dir, "nfcert-zlint"), zlint: filepath.Join(dir, "zlint")}
	var err error
	if l.launcher, err = os.Executable(); err != nil {
		return nil, err
	}
	for target, binary := range map[string]string{"./cmd/nfcert": l.nfcert, "./cmd/nfcert-zlint": l.companion} {
		if err := realca.Build(ctx, "..", target, binary); err != nil {
			return nil, err
		}
	}
	// zlint's command, of the very version that the companion links.
	version := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", "github.com/zmap/zlint/v3")
	version.Dir = ".."
	text, err := version.Output()
	if err != nil {
		return nil, fmt.Errorf("asking which zlint is linked: %w", err)
	}
	l.version = strings.TrimSpace(string(text))
	install := exec.CommandContext(ctx, "go", "install", "github.com/zmap/zlint/v3/cmd/zlint@"+l.version)
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if text, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building zlint's command: %w\n%s", err, text)
	}
	return l, nil
}

// contenders judge the same files. What both programs do runs with zlint's lints
// of RFCs and its community in the one, and the same or all of them in the other.
func (l *lintField) contenders(files []string) []*contender {
	always := func(args ...string) func(int) []string { return func(int) []string { return args } }
	nfcert := []string{l.nfcert, "lint", "-q", "-o", "jsonl", "--zlint"}
	same := []string{l.zlint, "-includeSources", "RFC3279,RFC5280,RFC5480,RFC5891,RFC6962,RFC8813,Community"}
	return []*contender{
		{label: "nfcert lint, with zlint's lints", args: always(slices.Concat(nfcert, []string{l.companion}, files)...)},
		{label: "nfcert lint, its own rules alone", args: always(slices.Concat(nfcert, []string{"off"}, files)...)},
		{label: "nfcert lint, with zlint's lints, the first 1000", args: always(slices.Concat(nfcert, []string{l.companion}, files[:min(lintFew, len(files))])...)},
		{label: "zlint, the same lints", args: always(slices.Concat(same, files)...)},
		{label: "zlint, the same but the one of P-384", args: always(slices.Concat(same, []string{"-excludeNames", "e_cert_issued_by_compromised_emudhra_ca"}, files)...)},
		{label: "zlint, all its lints", args: always(slices.Concat([]string{l.zlint}, files)...)},
	}
}

// measure runs a command that must succeed; what it prints is thrown away.
func (l *lintField) measure(ctx context.Context, args []string) (cost, error) {
	cmd := exec.CommandContext(ctx, l.launcher, append([]string{launchQuietWord}, args...)...)
	cmd.Env = []string{"HOME=" + l.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Dir = l.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", strings.Join(args[:min(len(args), 8)], " "), err, errs.Bytes())
	}
	var c cost
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		return cost{}, fmt.Errorf("reading what the launcher printed: %w", err)
	}
	return c, nil
}
