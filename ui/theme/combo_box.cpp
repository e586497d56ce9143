#include "ui/theme/combo_box.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QScreen>
#include <QStyleOptionComboBox>
#include <QToolTip>

#include <algorithm>

namespace diapason::ui {

ComboBox::ComboBox(QWidget* parent) : QComboBox(parent) {
    view()->setTextElideMode(Qt::ElideMiddle);
}

void ComboBox::showPopup() {
    const int widest = view()->sizeHintForColumn(modelColumn()) + 2 * view()->frameWidth();
    view()->setMinimumWidth(std::min(std::max(width(), widest), screen()->availableGeometry().width() / 2));
    QComboBox::showPopup();
}

QString ComboBox::shown(const QStyleOptionComboBox& option) const {
    const QRect room = style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this);
    const int picture = option.currentIcon.isNull() ? 0 : option.iconSize.width() + 4;
    return option.fontMetrics.elidedText(option.currentText, Qt::ElideMiddle, room.width() - picture - 2);
}

void ComboBox::initStyleOption(QStyleOptionComboBox* option) const {
    QComboBox::initStyleOption(option);
    option->currentText = shown(*option);
}

bool ComboBox::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        QStyleOptionComboBox option;
        initStyleOption(&option);
        if (option.currentText != currentText()) {
            const QString help = toolTip().isEmpty() ? QString() : QLatin1Char('\n') + toolTip();
            QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), currentText() + help, this);
            return true;
        }
    }
    return QComboBox::event(event);
}

} // namespace diapason::ui
