#include "tests/support/test_program.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

namespace diapason::testing {

namespace {

using Tests = std::map<std::string, TestEntry::Run, std::less<>>;

Tests& tests() {
    static Tests all;
    return all;
}

std::string name_of(std::string_view file) {
    constexpr std::string_view prefix = "test_";
    return std::filesystem::path(file).stem().string().substr(prefix.size());
}

} // namespace

TestEntry::TestEntry(std::string_view file, Run run) {
    tests().emplace(name_of(file), run);
}

} // namespace diapason::testing

int main(int argc, char** argv) {
    const auto& tests = diapason::testing::tests();
    const auto test = argc > 1 ? tests.find(std::string_view(argv[1])) : tests.end();
    if (test == tests.end()) {
        std::fprintf(stderr, "usage: %s TEST [Qt Test's arguments]\ntests:\n", argv[0]);
        for (const auto& [name, run] : tests)
            std::fprintf(stderr, "  %s\n", name.c_str());
        return 2;
    }
    argv[1] = argv[0];
    return test->second(argc - 1, argv + 1);
}
