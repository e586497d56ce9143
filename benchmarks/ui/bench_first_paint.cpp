// From exec to the first paint of the window program, on the current platform: bench_first_paint [times].

#include "core/base/paths.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
    QCoreApplication app(argc, argv);
    const int times = argc > 1 ? std::max(1, QByteArray(argv[1]).toInt()) : 10;
    const QTemporaryDir home;
    const QString folder = QString::fromStdString(diapason::program_folder().string());
    // Benchmarks lie beside the programs, or one folder away from them.
    QString program = folder + QStringLiteral("/diapason");
    if (!QFile::exists(program)) program = folder + QStringLiteral("/../bin/diapason");
    std::vector<double> all;
    for (int i = 0; i < times; ++i) {
        QProcess process;
        QElapsedTimer clock;
        clock.start();
        process.start(program, {QStringLiteral("--home"), home.path(), QStringLiteral("--first-paint")});
        if (!process.waitForReadyRead(60000)) {
            std::fprintf(stderr, "%s painted nothing: %s\n", qPrintable(program),
                         process.readAllStandardError().constData());
            return 1;
        }
        all.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
        process.waitForFinished();
    }
    std::sort(all.begin(), all.end());
    std::printf("exec to first paint, %d times: median %.0f ms, fastest %.0f ms, slowest %.0f ms\n", times,
                all[all.size() / 2], all.front(), all.back());
    return 0;
}
