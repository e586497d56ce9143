// Running Diapason's own programs as a user would, in a folder of their own.
#pragma once

#include "tests/support/test_support.h"

#include <QProcess>
#include <QProcessEnvironment>

#include <filesystem>

namespace diapason::testing {

struct Outcome {
    int code = -1;
    std::string out, error;
    bool says(const std::string& part) const {
        return out.find(part) != std::string::npos || error.find(part) != std::string::npos;
    }
};

inline void prepare(QProcess& process, const std::filesystem::path& home, const QStringList& arguments) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("DIAPASON_HOME"), QString::fromStdString(home.string()));
    environment.insert(QStringLiteral("OMP_WAIT_POLICY"), QStringLiteral("passive"));
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(QString::fromStdString(home.string()));
    process.setProgram(QString::fromStdString(built("diapason-cli").string()));
    process.setArguments(arguments);
}

/// How a started program ends; one that takes longer is killed, and its code is -1.
inline Outcome outcome_of(QProcess& process, int timeout_ms) {
    Outcome outcome;
    if (!process.waitForFinished(timeout_ms)) {
        process.kill();
        process.waitForFinished();
        return outcome;
    }
    outcome.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : 128;
    outcome.out = process.readAllStandardOutput().toStdString();
    outcome.error = process.readAllStandardError().toStdString();
    return outcome;
}

/// diapason-cli with `arguments`; data, database and working folder are `home`.
inline Outcome run_cli(const std::filesystem::path& home, const QStringList& arguments, int timeout_ms = 240000) {
    QProcess process;
    prepare(process, home, arguments);
    process.start();
    return outcome_of(process, timeout_ms);
}

/// Children are started by a thread; each thread lists its own.
inline std::vector<int> children_of(qint64 pid) {
    std::vector<int> children;
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
        std::ifstream own(task.path() / "children");
        for (int child = 0; own >> child;)
            children.push_back(child);
    }
    return children;
}

/// Whether a process is there and has not ended.
inline bool alive(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string id, name, state;
    status >> id >> name >> state;
    return !state.empty() && state != "Z";
}

/// How often a campaign tries, which the environment may say.
inline int environment_number(const char* name, int otherwise) {
    return qEnvironmentVariableIsSet(name) ? qEnvironmentVariableIntValue(name) : otherwise;
}

/// A study of a few seconds on the embedded encoder.
inline Json tiny_study() {
    return {{"format", "diapason-study"},
            {"version", 1},
            {"id", "tiny"},
            {"title", "Tiny"},
            {"backbone", "encoder-mini"},
            {"task", "section"},
            {"training",
             {{"steps", 6},
              {"batch_size", 4},
              {"max_tokens", 16},
              {"evaluate_every", 3},
              {"max_evaluation_items", 24},
              {"max_test_items", 24}}},
            {"methods", {{{"method", "lora"}, {"options", {{"dropout", 0.1}}}}, {{"method", "prompt_tuning"}}}},
            {"seeds", {1, 2}}};
}

} // namespace diapason::testing
