package lint

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// savedLint is what an enrolment has to judge, and to judge it by.
type savedLint struct {
	files   []string
	profile string
	nf      *nf.Function
	csr     string // file
}

// savedSources is what the enrolment has, when no other source is named; nil:
// one is, or no enrolment.
func savedSources(call *cli.Call, o *lintFlags, args []string) (*savedLint, error) {
	if len(args) > 1 || o.filesFrom != "" || len(args) == 0 && call.Global.Name == "" {
		return nil, nil
	}
	s, err := session.Local(call)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if call = session.ForArgument(call, s, args[0]); call == nil {
			return nil, nil
		}
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return nil, session.NoSuch(call, call.Global.Name, err)
	}
	if en.CSR == nil {
		return nil, &enroll.OutOfTurnError{Name: en.Name, Step: "lint", Needs: enroll.StepCSR, Found: "it has no CSR"}
	}
	saved := &savedLint{files: []string{en.CSR.File}, profile: en.CSR.Profile, nf: en.NF, csr: en.CSR.File}
	if en.Certificate != nil {
		saved.files = append(saved.files, en.Certificate.Files[enroll.KindFullchain])
	}
	return saved, nil
}

// over fills in what no flag says.
func (s *savedLint) over(o *lintFlags, out *lint.Options) {
	if s == nil {
		return
	}
	o.profile = cmp.Or(o.profile, s.profile)
	o.against = cmp.Or(o.against, s.csr)
	if o.nf == "" {
		out.Function = s.nf
	}
}

// newLintRun reads what the flags name.
func newLintRun(ctx context.Context, call *cli.Call, o *lintFlags, saved *savedLint) (*lintRun, error) {
	run := &lintRun{call: call, failOn: inspect.Severity(o.failOn)}
	var err error
	if run.read, err = o.source.Options(call); err != nil {
		return nil, err
	}
	if err := lintRules(ctx, call, o, saved, run); err != nil {
		return nil, err
	}
	run.report, err = newLintReport(call, run.failOn)
	return run, err
}

// lintRules chooses the rules, ours and zlint's, and what they hold against.
func lintRules(ctx context.Context, call *cli.Call, o *lintFlags, saved *savedLint, run *lintRun) error {
	only, onlyZlint := splitRules(o.only)
	skip, skipZlint := splitRules(o.skip)
	var err error
	if (len(o.only) == 0 || len(onlyZlint) > 0) && !slices.Contains(skipZlint, zlintSource) {
		run.zlint, err = newZlintRun(ctx, o.zlint, func(name string) bool {
			return (len(o.only) == 0 || selectsZlint(onlyZlint, name)) && !selectsZlint(skipZlint, name)
		})
	}
	if err != nil || len(o.only) > 0 && len(only) == 0 { // zlint's alone
		return err
	}
	options, err := lintOptions(ctx, call, o, saved)
	if err != nil {
		return err
	}
	options.Only, options.Skip = only, skip
	if run.linter, err = lint.New(options); err != nil {
		return cli.Usagef("nfcert lint --list names them", "%v", err)
	}
	return nil
}

// lintOptions reads profile, network function and request.
func lintOptions(ctx context.Context, call *cli.Call, o *lintFlags, saved *savedLint) (out lint.Options, err error) {
	out.Now = call.Clock()
	saved.over(o, &out)
	profile := o.profile
	if o.nf != "" {
		file, err := cmdflags.ReadNF(call, o.nf)
		if err != nil {
			return out, err
		}
		out.Function = &file.NF
		profile = cmp.Or(profile, file.Certificate.Profile)
	}
	if profile != "" {
		var ok bool
		if out.Profile, ok = nf.LookupProfile(profile); !ok {
			return out, &enroll.ProfileError{Name: profile}
		}
	}
	if o.against != "" {
		out.Request, err = readRequest(ctx, call, o)
	}
	return out, err
}

// readRequest reads the one request that --against names.
func readRequest(ctx context.Context, call *cli.Call, o *lintFlags) (*inspect.Contents, error) {
	art, err := o.source.ReadSource(ctx, call, o.against, true)
	if err != nil {
		return nil, err
	}
	items, _, err := credential.OfKind(art, certsource.CSR)
	if err != nil {
		return nil, err
	}
	if len(items) > 1 {
		return nil, cli.Usagef("", "--against %q: it holds %d requests, want one", o.against, len(items))
	}
	return inspect.ReadCSR(items[0].DER), nil
}

// zlintSource is whose findings are not ours; as a rule it stands for all lints
// of zlint.
const zlintSource = "zlint"

// splitRules parts rules that are ours from those of zlint, which has names as
// in e_ext_san_missing, w_…, n_….
func splitRules(rules []string) (ours, zlints []string) {
	for _, r := range rules {
		if isZlints(r) {
			zlints = append(zlints, r)
		} else {
			ours = append(ours, r)
		}
	}
	return ours, zlints
}

func isZlints(rule string) bool {
	return rule == zlintSource || len(rule) > 2 && rule[1] == '_' && strings.ContainsRune("ewn", rune(rule[0]))
}

// selectsZlint reports whether patterns name a lint of zlint; a * at the end
// stands for any rest, as in our own rules.
func selectsZlint(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		start, open := strings.CutSuffix(p, "*")
		return p == zlintSource || p == name || open && strings.HasPrefix(name, start)
	})
}
