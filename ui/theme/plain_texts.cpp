#include "ui/theme/plain_texts.h"

#include <QCoreApplication>
#include <QEvent>
#include <QLabel>

namespace diapason::ui {

void PlainTexts::install() {
    QCoreApplication* application = QCoreApplication::instance();
    if (application->findChild<PlainTexts*>() == nullptr) application->installEventFilter(new PlainTexts(application));
}

// Every widget is polished once, before it is seen.
bool PlainTexts::eventFilter(QObject* object, QEvent* event) {
    if (event->type() == QEvent::Polish) {
        auto* label = qobject_cast<QLabel*>(object); // a tool tip is one, too
        if (label != nullptr && label->textFormat() == Qt::AutoText) label->setTextFormat(Qt::PlainText);
    }
    return QObject::eventFilter(object, event);
}

} // namespace diapason::ui
