// A text is markup only where the window itself has written markup.
#pragma once

#include <QObject>

namespace diapason::ui {

/// Qt guesses whether a label or a tool tip holds HTML, so that a title with <b> in it would be bold. Here nothing is
/// guessed: each label that has not asked for rich text shows its characters, those of tool tips and of Qt's own
/// dialogs included.
class PlainTexts : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    static void install(); ///< for the whole application; again does nothing

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
};

} // namespace diapason::ui
