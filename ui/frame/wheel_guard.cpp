#include "ui/frame/wheel_guard.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QEvent>
#include <QScrollBar>
#include <QTabBar>

namespace diapason::ui {
namespace {

bool holdsAValue(const QObject* object) {
    if (qobject_cast<const QScrollBar*>(object) != nullptr) return false;
    return qobject_cast<const QComboBox*>(object) != nullptr ||
           qobject_cast<const QAbstractSpinBox*>(object) != nullptr ||
           qobject_cast<const QAbstractSlider*>(object) != nullptr || qobject_cast<const QTabBar*>(object) != nullptr;
}

} // namespace

void WheelGuard::install() {
    QCoreApplication* application = QCoreApplication::instance();
    if (application->findChild<WheelGuard*>() == nullptr) application->installEventFilter(new WheelGuard(application));
}

bool WheelGuard::eventFilter(QObject* object, QEvent* event) {
    const bool wheel = event->type() == QEvent::Wheel;
    if ((!wheel && event->type() != QEvent::Polish) || !holdsAValue(object)) return QObject::eventFilter(object, event);
    auto* widget = static_cast<QWidget*>(object);
    if (!wheel) {
        // Qt focuses what the wheel turns over before it delivers the turn.
        if (widget->focusPolicy() == Qt::WheelFocus) widget->setFocusPolicy(Qt::StrongFocus);
    } else if (!widget->hasFocus()) {
        event->ignore(); // goes on to the parent, which may scroll
        return true;
    }
    return QObject::eventFilter(object, event);
}

} // namespace diapason::ui
