package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// children are what this program does when a case starts it again.
var children = map[string]func(args []string){
	"child-echo":  childEcho,
	"child-cat":   childCat,
	"child-exit":  childExit,
	"child-env":   childEnv,
	"child-where": childWhere,
	"child-both":  childBoth,
	"child-self":  childSelf,
}

func init() {
	cases["exec"] = execs
	cases["exec-pipes"] = execPipes
	cases["exec-many"] = execMany
	cases["exec-nested"] = execNested
	cases["env"] = env
	cases["exit"] = func() { defer fmt.Println("must not run"); fmt.Println("leaving"); os.Exit(3) }
}

func childEcho(args []string) { fmt.Println(strings.Join(args, "|")) }
func childCat([]string)       { got(io.Copy(os.Stdout, os.Stdin)) }
func childExit(args []string) { os.Exit(got(strconv.Atoi(args[0]))) }
func childWhere([]string)     { fmt.Println(filepath.Base(got(os.Getwd()))) }

func childBoth([]string) {
	fmt.Println("to output")
	fmt.Fprintln(os.Stderr, "to error")
}

func childEnv([]string) {
	var mine []string
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "GUEST_") {
			mine = append(mine, variable)
		}
	}
	sort.Strings(mine)
	fmt.Println(mine, os.Getenv("GUEST_UNSET") == "")
}

func childSelf(args []string) {
	depth := got(strconv.Atoi(args[0]))
	if depth > 0 {
		output := got(self("child-self", strconv.Itoa(depth-1)).Output())
		fmt.Print("<", strings.TrimSpace(string(output)), ">")
	}
	fmt.Println(depth)
}

// self is a command that runs this program again.
func self(args ...string) *exec.Cmd {
	return exec.Command(got(os.Executable()), args...)
}

func execs() {
	fmt.Printf("%s", got(self("child-echo", "a", "", "b c", "'", "ä").Output()))
	for _, code := range []string{"0", "1", "17"} {
		err := self("child-exit", code).Run()
		_, exited := err.(*exec.ExitError)
		fmt.Println(code, err == nil, exited)
	}
	command := self("child-cat")
	command.Stdin = strings.NewReader(strings.Repeat("through a pipe\n", 10000))
	fmt.Println(len(got(command.Output())))

	command = self("child-both")
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	must(command.Run())
	fmt.Printf("%q %q\n", out.String(), errors.String())
	fmt.Println(strings.Count(string(got(self("child-both").CombinedOutput())), "to "))

	must(os.Mkdir("somewhere", 0o755))
	command = self("child-where")
	command.Dir = "somewhere"
	fmt.Printf("%s", got(command.Output()))
	must(os.Remove("somewhere"))

	fmt.Println("no such program:", exec.Command("./none").Run() != nil)
	process := got(os.StartProcess(got(os.Executable()), []string{"x", "child-exit", "0"}, &os.ProcAttr{}))
	state := got(process.Wait())
	fmt.Println(state.Success(), state.Pid() == process.Pid)
}

func execPipes() {
	command := self("child-cat")
	in, out := got(command.StdinPipe()), got(command.StdoutPipe())
	must(command.Start())
	answers := bufio.NewScanner(out)
	for i := 0; i < 50; i++ {
		fmt.Fprintln(in, "question", i)
		if !answers.Scan() || answers.Text() != fmt.Sprint("question ", i) {
			fmt.Println("wrong answer", answers.Text())
		}
	}
	must(in.Close())
	fmt.Println(answers.Scan())
	must(command.Wait())

	first, second := self("child-echo", "one", "two"), self("child-cat")
	second.Stdin = got(first.StdoutPipe())
	var end bytes.Buffer
	second.Stdout = &end
	must(second.Start())
	must(first.Run())
	must(second.Wait())
	fmt.Print(end.String())

	r, w, err := os.Pipe()
	must(err)
	third := self("child-echo", "inherited")
	third.Stdout = w
	must(third.Run())
	must(w.Close())
	fmt.Printf("%s", got(io.ReadAll(r)))
}

func execMany() {
	const count = 12
	var wait sync.WaitGroup
	lines := make([]string, count)
	for i := range lines {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			lines[i] = string(got(self("child-echo", strconv.Itoa(i)).Output()))
		}(i)
	}
	wait.Wait()
	fmt.Printf("%q\n", lines)
}

func execNested() { fmt.Printf("%s", got(self("child-self", "3").Output())) }

func env() {
	must(os.Setenv("GUEST_ONE", "1"))
	must(os.Setenv("GUEST_TWO", "a value = with signs"))
	must(os.Setenv("GUEST_GONE", "x"))
	must(os.Unsetenv("GUEST_GONE"))
	value, set := os.LookupEnv("GUEST_TWO")
	fmt.Println(os.Getenv("GUEST_ONE"), value, set)
	_, set = os.LookupEnv("GUEST_GONE")
	fmt.Println(set, os.ExpandEnv("${GUEST_ONE}$GUEST_ONE"))
	fmt.Printf("%s", got(self("child-env").Output()))
	command := self("child-env")
	command.Env = append(os.Environ(), "GUEST_THREE=3")
	fmt.Printf("%s", got(command.Output()))
	command = self("child-env")
	command.Env = []string{"GUEST_ONLY=me"}
	fmt.Printf("%s", got(command.Output()))
	long := strings.Repeat("long ", 2000)
	must(os.Setenv("GUEST_LONG", long))
	fmt.Println(os.Getenv("GUEST_LONG") == long)
	os.Clearenv()
	fmt.Println(len(os.Environ()))
}
