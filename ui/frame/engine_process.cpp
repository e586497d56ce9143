#include "ui/frame/engine_process.h"

#include "core/base/error.h"
#include "core/base/paths.h"
#include "ui/theme/theme.h"

namespace diapason::ui {

void startEngine(QProcess& process, const QStringList& arguments) {
    std::filesystem::path program = program_folder() / "diapason-cli";
    if (!std::filesystem::exists(program)) program = program_folder().parent_path() / "bin" / "diapason-cli";
    process.start(qs(program.string()), arguments);
}

Json engineAnswer(QProcess& process) {
    if (process.error() == QProcess::FailedToStart)
        throw Error(ErrorKind::internal, {"cannot be started", process.program().toStdString(), {}, {}, {}});
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0) {
        QString text = QString::fromUtf8(process.readAllStandardError()).trimmed();
        if (text.startsWith(QLatin1String("error: "))) text.remove(0, 7);
        if (text.isEmpty()) text = QStringLiteral("the engine exited without an answer");
        throw Error(ErrorKind::input, text.toStdString());
    }
    return parse_json(process.readAllStandardOutput().toStdString(), "the engine's answer");
}

} // namespace diapason::ui
