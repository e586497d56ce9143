// The mouse wheel scrolls; it changes a value only where somebody has put the focus.
#pragma once

#include <QObject>

namespace diapason::ui {

/// For every combo box, spin box, slider and tab bar of the application: without the focus they leave the wheel to what
/// lies around them, and the wheel never gives it to them.
class WheelGuard : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    static void install(); ///< for the whole application; again does nothing

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
};

} // namespace diapason::ui
