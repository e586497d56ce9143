// Acting on a modal dialog that is about to open.
#pragma once

#include "tests/support/test_support.h"

#include <QApplication>
#include <QTimer>

#include <functional>

namespace diapason::testing {

/// Does something with the dialog when it is ready. One that a failed check has left open is closed, so that the test
/// goes on. @param ready its signal that says so
template <class Dialog>
void inDialog(void (Dialog::*ready)(), const std::function<void(Dialog&)>& act) {
    QTimer::singleShot(0, QCoreApplication::instance(), [ready, act] {
        auto* dialog = qobject_cast<Dialog*>(QApplication::activeModalWidget());
        QVERIFY(dialog != nullptr);
        QSignalSpy spy(dialog, ready);
        QVERIFY(spy.count() > 0 || spy.wait(patience_ms));
        act(*dialog);
        if (dialog->isVisible()) dialog->reject();
    });
}

} // namespace diapason::testing
