// Diapason's programs on a machine with bad luck, which tests/faults/bad_luck.cpp makes.
#pragma once

#include "tests/support/program.h"

namespace diapason::testing {

struct Trouble {
    const char* variable; ///< see bad_luck.cpp
    std::string value;
};

/// As prepare(), for the program and its children.
inline void prepare_with(QProcess& process, const std::filesystem::path& home, const QStringList& arguments,
                         const Trouble& trouble) {
    prepare(process, home, arguments);
    QProcessEnvironment environment = process.processEnvironment();
    environment.insert(QStringLiteral("LD_PRELOAD"), QString::fromStdString(built("../tests/libbad_luck.so").string()));
    environment.insert(QStringLiteral("ASAN_OPTIONS"), QStringLiteral("verify_asan_link_order=0"));
    environment.insert(QString::fromLatin1(trouble.variable), QString::fromStdString(trouble.value));
    process.setProcessEnvironment(environment);
}

} // namespace diapason::testing
