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
	"strings"
	"time"
)

// launchWord makes this program a launcher. The kernel counts the memory of
// the process that forks into the maximum of the child, so the one that forks
// must be small: this program freshly started, not the one that has read
// Pebble's log.
const launchWord = "launch"

// launchQuietWord is launchWord for a command whose answer is thrown away.
const launchQuietWord = "launch-quiet"

// cost is what one process took.
type cost struct {
	Wall     time.Duration `json:"wall"`   // from before the fork to after the wait
	MaxRSS   int64         `json:"maxRss"` // bytes; 0 where the system does not tell
	Requests int           `json:"-"`      // by Pebble's count
}

// launch runs args, its output to stderr or, when quiet, nowhere, and prints its
// cost as JSON.
func launch(args []string, quiet bool, stdout, stderr io.Writer) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if quiet {
		cmd.Stdout = nil
	}
	start := time.Now()
	err := cmd.Run()
	c := cost{Wall: time.Since(start)}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	c.MaxRSS = maxRSS(cmd.ProcessState)
	if err := json.NewEncoder(stdout).Encode(c); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// measure runs a command that must succeed, in an environment of its own.
func (f *field) measure(ctx context.Context, args ...string) (cost, error) {
	before := len(f.ca.Requests())
	cmd := exec.CommandContext(ctx, f.launcher, append([]string{launchWord}, args...)...)
	cmd.Env = []string{"HOME=" + f.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Dir = f.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	var c cost
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		return cost{}, fmt.Errorf("reading what the launcher printed: %w", err)
	}
	c.Requests = len(f.ca.Requests()) - before
	return c, nil
}

// traced counts the exchanges in a trace file, which must be as many as Pebble
// has counted.
func traced(file string, counted int) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && counted == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if lines := bytes.Count(text, []byte("\n")); lines != counted {
		return fmt.Errorf("the trace has %d exchanges, Pebble counted %d requests", lines, counted)
	}
	return nil
}
