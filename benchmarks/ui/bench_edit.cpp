// One edit of a design, from the change to the pages that show its plan, on an empty database and on one of 5,000 runs:
// bench_edit [times].

#include "core/base/paths.h"
#include "core/store/connection.h"
#include "core/store/store.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace diapason;

namespace {

void fill(const std::filesystem::path& file) {
    Store store(file);
    NewStudy rows;
    rows.study.uuid = new_uuid();
    rows.study.title = "Many runs";
    rows.study.document = Json::object();
    ArmRecord arm;
    arm.label = "LoRA";
    arm.method = "lora";
    arm.levels = Json::object();
    rows.arms = {arm};
    for (int i = 0; i < 5000; ++i) {
        RunRecord run;
        run.uuid = new_uuid();
        run.seed = static_cast<std::uint64_t>(i) + 1;
        run.spec = Json::object();
        run.operations = 1e9;
        rows.runs.push_back(run);
    }
    store.create_study(rows);
    Connection connection(file, Connection::Mode::read_write);
    connection.execute("UPDATE run SET state = 'finished', attempt = 1, finished_ms = id + 1000, elapsed_ms = 1000");
}

} // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    const int times = argc > 1 ? std::max(1, QByteArray(argv[1]).toInt()) : 200;
    const QTemporaryDir home;
    const std::filesystem::path folder = home.path().toStdString();
    set_home_folder(folder);
    fill(folder / "large.db");
    for (const char* name : {"empty.db", "large.db"}) {
        ui::Workspace workspace;
        ui::MainWindow window(workspace);
        window.show();
        workspace.openDatabase(folder / name);
        workspace.openDesign(sample_study("first-look"));
        const auto settle = [&] {
            while (!workspace.checked())
                QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        };
        settle();
        std::vector<double> whole, blocked;
        for (int i = 0; i < times; ++i) {
            QElapsedTimer clock;
            clock.start();
            workspace.edit(QStringLiteral("steps"), [&](Study& study) { study.training["steps"] = 10 + i; });
            blocked.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
            settle();
            whole.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
        }
        for (auto* all : {&whole, &blocked})
            std::sort(all->begin(), all->end());
        std::printf(
            "%-9s edit until its plan is shown: median %.2f ms, slowest %.2f ms; until the edit returns: median "
            "%.2f ms\n",
            name, whole[whole.size() / 2], whole.back(), blocked[blocked.size() / 2]);
    }
    return 0;
}
