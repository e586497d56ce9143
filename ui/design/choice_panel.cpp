#include "ui/design/choice_panel.h"

#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QStyle>

namespace diapason::ui {

ChoicePanel::ChoicePanel(const QString& title, const QString& hint, const QStringList& names, QWidget* parent)
    : QWidget(parent),
      m_list(new QListWidget),
      m_name(label("heading")),
      m_text(label("")) {
    m_list->setAccessibleName(title);
    m_list->addItems(names);
    dressList(m_list, false, true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_left = new QVBoxLayout;
    m_left->setContentsMargins(16, 12, 12, 12);
    m_left->addWidget(label("heading", title));
    m_left->addWidget(label("secondary", hint));
    m_left->addWidget(m_list, 1);
    m_buttons = new QGridLayout;
    m_left->addLayout(m_buttons);
    auto* right = new QVBoxLayout;
    right->setContentsMargins(12, 12, 16, 12);
    right->addWidget(m_name);
    right->addWidget(m_text);
    right->addStretch();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(m_left, 2);
    layout->addLayout(right, 3);
    connect(m_list, &QListWidget::currentTextChanged, this, [this](const QString& name) {
        if (!name.isEmpty()) Q_EMIT chosen(name);
    });
}

QPushButton* ChoicePanel::addButton(const QString& text, const QString& name) {
    auto* button = new QPushButton(text);
    button->setObjectName(name);
    const int count = m_buttons->count();
    m_buttons->addWidget(button, count / 2, count % 2);
    return button;
}

void ChoicePanel::setNames(const QStringList& names) {
    const QSignalBlocker blocker(m_list);
    m_list->clear();
    m_list->addItems(names);
}

void ChoicePanel::setCurrent(const QString& name, const QString& html) {
    describe(name, html, false);
}

void ChoicePanel::setWrong(const QString& name, const QString& message) {
    describe(name, message, true);
}

void ChoicePanel::describe(const QString& name, const QString& text, bool wrong) {
    const QSignalBlocker blocker(m_list);
    const auto items = m_list->findItems(name, Qt::MatchExactly);
    if (items.isEmpty()) m_list->addItem(name);
    m_list->setCurrentItem(items.isEmpty() ? m_list->item(m_list->count() - 1) : items.front());
    m_name->setText(name);
    m_text->setTextFormat(wrong ? Qt::PlainText : Qt::RichText);
    m_text->setText(text);
    m_text->setProperty("role", wrong ? QStringLiteral("error") : QString());
    m_text->style()->unpolish(m_text);
    m_text->style()->polish(m_text);
}

} // namespace diapason::ui
