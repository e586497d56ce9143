// A program that is run and measured: how it ended, what it computed and what memory it took at most.
#pragma once

#include "tests/support/test_support.h"

#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace diapason::testing {

struct Measured {
    int code = -1;  ///< exit code
    int signal = 0; ///< that ended it; SIGALRM: it took longer than the limit
    double cpu_s = 0;
    std::int64_t peak_kb = 0;
    std::string out, error;
};

/// diapason-cli with `arguments`, which may be any bytes; data, database and working folder are `home`. What it could
/// do to the machine is limited. One thread at a time.
inline Measured measure_cli(const std::filesystem::path& home, const std::vector<std::string>& arguments,
                            unsigned limit_s = 120) {
    std::vector<std::string> words = {built("diapason-cli").string(), "--home", home.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string out = (home / "measured.out").string(), error = (home / "measured.err").string();
    const pid_t child = ::fork();
    if (child == 0) { // nothing but system calls until exec
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        const rlimit space{8ull << 30, 8ull << 30};
        ::setrlimit(RLIMIT_AS, &space);
#endif
        const rlimit core{0, 0};
        ::setrlimit(RLIMIT_CORE, &core);
        ::alarm(limit_s);
        const int in = ::open("/dev/null", O_RDONLY);
        const int to_out = ::open(out.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        const int to_error = ::open(error.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        if (::chdir(home.c_str()) != 0 || ::dup2(in, 0) < 0 || ::dup2(to_out, 1) < 0 || ::dup2(to_error, 2) < 0)
            ::_exit(126);
        ::execv(argv.front(), argv.data());
        ::_exit(127);
    }
    Measured measured;
    int status = 0;
    rusage usage{};
    while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) measured.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) measured.signal = WTERMSIG(status);
    const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) * 1e-6; };
    measured.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    measured.peak_kb = usage.ru_maxrss;
    measured.out = read_file(out, 64u << 20);
    measured.error = read_file(error, 64u << 20);
    return measured;
}

} // namespace diapason::testing
