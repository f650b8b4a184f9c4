package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// domain is that of the names that are certified. Each round has a new one, as
// Pebble now and then reuses the authorization of a name it has seen.
const domain = "amf.5gc.mnc001.mcc001.3gppnetwork.org"

func name(round int) string { return "amf" + strconv.Itoa(round) + "." + domain }

// contender is a command that is run once a round.
type contender struct {
	label string
	args  func(round int) []string
	costs []cost
}

// enrolments compares nfcert and the floor on a whole enrolment, with a new
// account and with a saved one.
func (f *field) enrolments(ctx context.Context, rounds int, out io.Writer) error {
	saved := filepath.Join(f.dir, "saved")
	if _, err := f.measure(ctx, f.account(saved)...); err != nil {
		return err
	}
	fresh := func(what string, round int) string {
		return filepath.Join(f.dir, what+"-"+strconv.Itoa(round))
	}
	contenders := []*contender{
		{label: "floor, new account", args: func(round int) []string { return f.floorArgs(round, fresh("floor", round)) }},
		{label: "nfcert enroll, new account", args: func(round int) []string { return f.enrollArgs(round, fresh("state", round)) }},
		{label: "floor, saved account", args: func(round int) []string { return f.floorArgs(round, filepath.Join(f.dir, "floor-saved")) }},
		{label: "nfcert enroll, saved account", args: func(round int) []string { return f.enrollArgs(round, saved) }},
	}
	if err := f.contest(ctx, rounds, contenders); err != nil {
		return err
	}
	t := newTable("One certificate, one process", "", "median", "p90", "requests", "max RSS")
	for i := 0; i < len(contenders); i += 2 {
		floor, nfcert := contenders[i], contenders[i+1]
		t.add(append([]string{floor.label}, summary(floor.costs)...)...)
		t.add(append([]string{nfcert.label}, summary(nfcert.costs)...)...)
		t.add(append([]string{"ratio"}, ratios(nfcert.costs, floor.costs)...)...)
	}
	return t.print(out)
}

// contest runs the contenders in turn. The first round warms up and is not
// kept; who starts changes from round to round.
func (f *field) contest(ctx context.Context, rounds int, contenders []*contender) error {
	for round := range rounds + 1 {
		for i := range contenders {
			c := contenders[(round+i)%len(contenders)]
			took, err := f.measure(ctx, c.args(round)...)
			if err != nil {
				return err
			}
			if round > 0 {
				c.costs = append(c.costs, took)
			}
		}
	}
	return nil
}

// steps measures the flow one step a process. The first round is traced, to
// see that the trace misses nothing, and is not kept.
func (f *field) steps(ctx context.Context, rounds int, out io.Writer) error {
	labels := []string{"account", "csr", "order", "finalize", "show"}
	costs := make([][]cost, len(labels))
	for round := range rounds + 1 {
		for i, args := range f.stepArgs(round, filepath.Join(f.dir, "steps-"+strconv.Itoa(round))) {
			trace := filepath.Join(f.dir, "trace-"+labels[i])
			if round == 0 {
				args = append(args, "--trace", trace)
			}
			took, err := f.measure(ctx, args...)
			if err != nil {
				return err
			}
			if round > 0 {
				costs[i] = append(costs[i], took)
			} else if err := traced(trace, took.Requests); err != nil {
				return fmt.Errorf("nfcert %s: %w", labels[i], err)
			}
		}
	}
	t := newTable("The same, each step in a new process", "nfcert", "median", "p90", "requests", "max RSS")
	whole := make([]cost, rounds)
	for i, label := range labels {
		t.add(append([]string{label}, summary(costs[i])...)...)
		for round, c := range costs[i] {
			whole[round].Wall += c.Wall
			whole[round].Requests += c.Requests
			whole[round].MaxRSS = max(whole[round].MaxRSS, c.MaxRSS)
		}
	}
	t.add(append([]string{"all five"}, summary(whole)...)...)
	return t.print(out)
}

// small measures what a command costs that does nothing, beside the floor doing
// nothing: a program that has the standard library's HTTP client in it and no
// more.
func (f *field) small(ctx context.Context, rounds int, out io.Writer) error {
	contenders := []*contender{
		{label: "nfcert version", args: func(int) []string { return []string{f.nfcert, "version"} }},
		{label: "floor -h", args: func(int) []string { return []string{f.floor, "-h"} }},
	}
	if path, err := exec.LookPath("true"); err == nil {
		contenders = append(contenders, &contender{label: "true (the least that can be measured)", args: func(int) []string { return []string{path} }})
	}
	if err := f.contest(ctx, rounds, contenders); err != nil {
		return err
	}
	t := newTable("Start", "", "median", "p90", "requests", "max RSS")
	for _, c := range contenders {
		t.add(append([]string{c.label}, summary(c.costs)...)...)
	}
	return t.print(out)
}

func (f *field) floorArgs(round int, account string) []string {
	return []string{f.floor, "-directory", f.ca.Directory, "-root", f.ca.TLSRoot, "-name", name(round), "-http", f.ca.HTTPAddr, "-account", account}
}

func (f *field) server(state string) []string {
	return []string{"--server", f.ca.Directory, "--ca-root", f.ca.TLSRoot, "--state", state, "--no-input"}
}

func (f *field) account(state string) []string {
	return append([]string{f.nfcert, "account", "--accept-tos"}, f.server(state)...)
}

func nfArgs(round int) []string {
	return []string{"--nf-type", "AMF", "--nf-instance-id", "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b",
		"--plmn", "001-01", "--country", "SE", "--fqdn", name(round)}
}

func (f *field) enrollArgs(round int, state string) []string {
	id := "amf-" + strconv.Itoa(round)
	return slices.Concat([]string{f.nfcert, "enroll", "-n", id, "--accept-tos"}, f.server(state), nfArgs(round), f.solving(), f.saving(filepath.Join(state, "out-"+id)))
}

func (f *field) solving() []string {
	return []string{"--challenge", "http-01", "--http-listen", f.ca.HTTPAddr}
}

func (f *field) saving(dir string) []string {
	return []string{"--issuer-root", f.ca.IssuerRoot, "--out", dir}
}

// stepArgs are the commands of the flow in their order.
func (f *field) stepArgs(round int, state string) [][]string {
	named := func(step string) []string {
		return append([]string{f.nfcert, step, "-n", "amf-01"}, f.server(state)...)
	}
	return [][]string{
		f.account(state),
		append(named("csr"), nfArgs(round)...),
		append(named("order"), f.solving()...),
		append(named("finalize"), f.saving(filepath.Join(state, "out"))...),
		named("show"),
	}
}
