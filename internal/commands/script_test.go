package commands

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this binary be nfcert when it is called so: the scripts run
// every step in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nfcert": func() {
			env := processEnv(os.Args[1:])
			env.SealIterations = quickSeal
			os.Exit(runProcess(env))
		},
	})
}

// TestScripts runs testdata/script. What the scripts can say beyond
// testscript's own words is in scriptcmd_test.go.
func TestScripts(t *testing.T) {
	commands := scriptCommands()
	commands["companion"] = companionCommand(t.TempDir())
	commands["alone"] = cmdAlone
	commands["forge"] = forgeCommand()
	commands["serve"] = serveCommand()
	commands["proxy"] = cmdProxy
	commands["port"] = cmdPort
	commands["serves"] = cmdServes
	commands["fingerprint"] = cmdFingerprint
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		Cmds:               commands,
		Setup:              setUpScript,
		RequireUniqueNames: true,
		Condition: func(cond string) (bool, error) {
			return cond == "root" && os.Geteuid() == 0, nil
		},
	})
}

// nfFile describes the network function that the scripts enrol.
const nfFile = `apiVersion: nfcert/v1
nf:
  type: AMF
  instanceId: 4ace9d34-2c69-4f99-92d5-a73a3fe8e23b
  plmn: {mcc: "001", mnc: "01"}
  country: SE
  fqdns: [amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org]
certificate:
  profile: nf-tls
  key: P256
`

// setUpScript gives each script a state, a home and an NF file of its own, and
// none of the variables of whoever runs the tests.
func setUpScript(env *testscript.Env) error {
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("NFCERT_STATE", filepath.Join(env.WorkDir, "state"))
	env.Setenv("TERM", "dumb")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // or every race-built child sleeps a second
	for _, name := range []string{"CI", "NO_COLOR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "STATE_DIRECTORY"} {
		env.Setenv(name, "")
	}
	env.Values[bookKey{}] = &scriptBook{seen: map[string]string{}}
	return os.WriteFile(filepath.Join(env.WorkDir, "amf.yaml"), []byte(nfFile), 0o644)
}
