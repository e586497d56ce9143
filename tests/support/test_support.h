// What tests share: where fixtures lie, how an expected error is looked at, temporary folders.
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "tests/support/patience.h"
#include "tests/support/places.h"
#include "tests/support/test_program.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace diapason::testing {

/// Fixtures that come with the repository.
inline std::filesystem::path fixtures() {
    return source_folder() / "tests" / "fixtures";
}

/// A folder of material that is not ours to ship, or larger than a clone should be; empty when it is absent.
inline std::optional<std::filesystem::path> shared_material(const std::string& name) {
    const char* given = std::getenv("DIAPASON_SHARED");
    const std::filesystem::path root = given ? std::filesystem::path(given) : source_folder() / ".." / "shared";
    if (std::filesystem::exists(root / name)) return (root / name).lexically_normal();
    return std::nullopt;
}

/// Skips visibly when `name` is not there. What it would prove on real data, the clone's own fixtures prove on small
/// ones.
#define DIAPASON_NEEDS(variable, name)                                                                                 \
    const auto variable = diapason::testing::shared_material(name);                                                    \
    if (!variable) QSKIP("SKIPPED: ../shared/" name " is absent")

/// A line of /proc/self/status in kB: VmRSS, VmHWM, RssAnon; -1 when there is none.
inline std::int64_t memory_kb(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(field + ":", 0) == 0) return std::stoll(line.substr(field.size() + 1));
    }
    return -1;
}

/// From here on VmHWM is the peak of what comes.
inline void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

struct Caught {
    bool thrown = false;
    ErrorKind kind = ErrorKind::internal;
    std::string message;
    bool says(const std::string& part) const { return message.find(part) != std::string::npos; }
};

/// Runs something that should throw diapason::Error.
template <typename Function>
Caught caught(Function&& function) {
    try {
        function();
    } catch (const Error& error) {
        return {true, error.kind(), error.what()};
    }
    return {};
}

/// Equal up to rounding, relative to what was expected where that is above 1.
inline bool close(double got, double expected, double tolerance = 1e-9) {
    return std::abs(got - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

inline void write_text(const std::filesystem::path& file, std::string_view text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// What is in a file.
inline std::string content(const std::filesystem::path& file) {
    return read_file(file, 64u << 20);
}

/// A folder that disappears with the object.
class TemporaryFolder {
public:
    std::filesystem::path path() const { return m_folder.path().toStdString(); }
    std::filesystem::path operator/(const std::string& name) const { return path() / name; }

private:
    QTemporaryDir m_folder;
};

} // namespace diapason::testing
