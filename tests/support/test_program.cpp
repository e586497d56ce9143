#include "tests/support/test_program.h"

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace diapason::testing {

std::string TestEntry::name() const {
    constexpr std::string_view prefix = "test_";
    return std::filesystem::path(m_file).stem().string().substr(prefix.size());
}

} // namespace diapason::testing

int main(int argc, char** argv) {
    using diapason::testing::TestEntry;
    for (const TestEntry* entry = TestEntry::first(); entry != nullptr && argc > 1; entry = entry->next()) {
        if (entry->name() != argv[1]) continue;
        argv[1] = argv[0];
        return entry->run(argc - 1, argv + 1);
    }
    std::fprintf(stderr, "usage: %s TEST [Qt Test's arguments]\ntests:\n", argv[0]);
    for (const TestEntry* entry = TestEntry::first(); entry != nullptr; entry = entry->next())
        std::fprintf(stderr, "  %s\n", entry->name().c_str());
    return 2;
}
