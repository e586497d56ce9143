// The window program.

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/process.h"
#include "ui/frame/words.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QSocketNotifier>
#include <QTimer>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace {

// Where there is none, Qt would abort as soon as the application is made, before --help could be answered.
bool has_display([[maybe_unused]] int argc, [[maybe_unused]] char** argv) {
#ifdef Q_OS_LINUX
    for (const char* variable : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
        if (qEnvironmentVariableIsSet(variable)) return true;
    return std::any_of(argv, argv + argc, [](const char* argument) { return std::strcmp(argument, "-platform") == 0; });
#else
    return true;
#endif
}

int signal_pipe[2] = {-1, -1};

// A signal asks for the same as closing the window, without its questions: runs leave a checkpoint and can go on.
void end_on_signals(diapason::ui::Workspace& workspace) {
    if (::pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return;
    auto* notifier = new QSocketNotifier(signal_pipe[0], QSocketNotifier::Read, qApp);
    QObject::connect(notifier, &QSocketNotifier::activated, qApp, [notifier, &workspace] {
        notifier->setEnabled(false);
        QCoreApplication::exit(workspace.running() ? static_cast<int>(diapason::ErrorKind::cancelled) : 0);
    });
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        std::signal(signal, [](int) {
            const char byte = 0;
            if (::write(signal_pipe[1], &byte, 1) < 0) return; // full: it has been told already
        });
    }
}

} // namespace

int main(int argc, char** argv) {
    using namespace diapason;
    prepare_process();
    const bool display = has_display(argc, argv);
    if (!display) qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication::setOrganizationName(QStringLiteral("Diapason"));
    QApplication::setApplicationName(QStringLiteral("diapason"));
    QApplication::setApplicationVersion(QStringLiteral(DIAPASON_VERSION));
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Compares parameter-efficient tuning methods of language models"));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption database(QStringLiteral("db"),
                                      QStringLiteral("Database to open (default: diapason.db in the data folder)"),
                                      QStringLiteral("file"));
    const QCommandLineOption home(QStringLiteral("home"), QStringLiteral("Folder of the user's data"),
                                  QStringLiteral("folder"));
    const QCommandLineOption firstPaint(QStringLiteral("first-paint"),
                                        QStringLiteral("Report when the window has been painted, then quit"));
    parser.addOptions({database, home, firstPaint});
    parser.process(app);
    if (!display) {
        std::fputs("error: there is no display; use diapason-cli, which needs none\n", stderr);
        return 2;
    }
    try {
        ui::EnglishPlurals::install();
        if (parser.isSet(home)) set_home_folder(parser.value(home).toStdString());
        const QSettings settings(ui::qs((home_folder() / "window.ini").string()), QSettings::IniFormat);
        ui::applyTheme(static_cast<ui::Appearance>(
            settings.value(QStringLiteral("appearance"), static_cast<int>(ui::Appearance::system)).toInt()));
        ui::Workspace workspace;
        ui::MainWindow window(workspace);
        end_on_signals(workspace);
        window.show();
        const std::filesystem::path file =
            parser.isSet(database) ? std::filesystem::path(parser.value(database).toStdString()) : default_database();
        if (parser.isSet(firstPaint)) {
            QObject::connect(&window, &ui::MainWindow::painted, &window, [] {
                std::puts("painted");
                std::fflush(stdout);
                QApplication::quit();
            });
            return QApplication::exec();
        }
        // After the first paint: the window is there at once, whatever the disk does.
        QObject::connect(&window, &ui::MainWindow::painted, &workspace, [&] { workspace.openDatabase(file); });
        return QApplication::exec();
    } catch (const Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return error.exit_code();
    }
}
