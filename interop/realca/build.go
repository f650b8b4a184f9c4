package realca

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tool builds a server that the go.mod in module lists as a tool, at the
// version and sums pinned there, and returns the path of the executable. The
// go command keeps it in its build cache, so a second call in another process
// neither compiles nor links.
func Tool(ctx context.Context, module, name string) (string, error) {
	out, err := goCommand(ctx, module, "tool", "-n", name)
	if err != nil {
		return "", fmt.Errorf("building %s from %s: %w", name, module, err)
	}
	path := strings.TrimSpace(out)
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("building %s from %s: go tool -n printed %q, want an absolute path", name, module, path)
	}
	return path, nil
}

// Build compiles the main package pkg of the module in folder module to the
// file out.
func Build(ctx context.Context, module, pkg, out string) error {
	if _, err := goCommand(ctx, module, "build", "-o", out, pkg); err != nil {
		return fmt.Errorf("building %s: %w", pkg, err)
	}
	return nil
}

// goCommand runs the go command in dir without cgo: the servers are then
// static, and no C compiler is needed.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}
