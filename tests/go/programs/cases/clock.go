package main

import (
	"fmt"
	"sync"
	"time"
)

func init() {
	cases["timers"] = timers
	cases["tickers"] = tickers
	cases["time"] = clock
}

// timers go off in the order of their times, whatever order they were set in.
func timers() {
	var wait sync.WaitGroup
	var lock sync.Mutex
	for _, ms := range []int{80, 20, 60, 40, 0} {
		wait.Add(1)
		ms := ms
		time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
			defer wait.Done()
			lock.Lock()
			defer lock.Unlock()
			fmt.Println("after", ms)
		})
	}
	stopped := time.AfterFunc(time.Minute, func() { fmt.Println("must not run") })
	first, second := stopped.Stop(), stopped.Stop()
	wait.Wait()
	fmt.Println("stopped:", first, second)
	timer := time.NewTimer(time.Hour)
	fmt.Println("reset:", timer.Reset(time.Millisecond))
	<-timer.C
	begin := time.Now()
	time.Sleep(25 * time.Millisecond)
	passed := time.Since(begin)
	fmt.Println("slept:", passed >= 25*time.Millisecond, passed < 10*time.Second)
	sleepers := make(chan int)
	for i := 0; i < 200; i++ {
		go func(i int) {
			time.Sleep(time.Duration(i%10) * time.Millisecond)
			sleepers <- i
		}(i)
	}
	sum := 0
	for i := 0; i < 200; i++ {
		sum += <-sleepers
	}
	fmt.Println("sleepers:", sum)
}

func tickers() {
	ticker := time.NewTicker(3 * time.Millisecond)
	last := time.Now()
	ordered := true
	for i := 0; i < 10; i++ {
		now := <-ticker.C
		ordered = ordered && now.After(last)
		last = now
	}
	ticker.Stop()
	select {
	case <-ticker.C:
		fmt.Println("stopped ticker ticks")
	case <-time.After(15 * time.Millisecond):
	}
	fmt.Println("ten ticks", ordered)
}

func clock() {
	now := time.Now()
	fmt.Println(now.Year() >= 2020, time.Until(now.Add(time.Hour)) > 59*time.Minute)
	previous := now
	for i := 0; i < 1000; i++ {
		next := time.Now()
		if next.Before(previous) || next.Sub(previous) < 0 {
			fmt.Println("time went back")
		}
		previous = next
	}
	moment := time.Date(2024, time.February, 29, 23, 59, 58, 123456789, time.UTC)
	fmt.Println(moment.Format(time.RFC3339Nano), moment.Unix(), moment.YearDay(), moment.AddDate(1, 0, 0).Weekday())
	fmt.Println(got(time.ParseDuration("1h2m3.5s")), got(time.Parse(time.RFC1123, "Mon, 02 Jan 2006 15:04:05 GMT")).UTC())
}
