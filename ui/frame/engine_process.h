// Questions to the engine in a process of their own: the window's engine may be training, and it computes one thing at
// a time.
#pragma once

#include "core/base/json.h"

#include <QProcess>
#include <QStringList>

namespace diapason::ui {

/// Starts diapason-cli, which lies beside the window's program.
void startEngine(QProcess& process, const QStringList& arguments);

/// What an ended process printed. @throws Error with the process's own message, or that it could not be started
Json engineAnswer(QProcess& process);

} // namespace diapason::ui
