#include "ui/design/option_form.h"

#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QStyle>

#include <algorithm>

namespace diapason::ui {
namespace {

QString plain(const Json& value) {
    if (value.is_string()) return qs(value.get<std::string>());
    return value.is_number_float() ? QString::number(value.get<double>(), 'g', 12) : qs(value.dump());
}

// A value of the option's type when the text is one, else the text itself: the document then says what is wrong with
// it.
Json typed(const OptionDescriptor& option, const QString& text) {
    bool good = false;
    if (option.type == OptionType::integer) {
        const qlonglong number = text.toLongLong(&good);
        if (good) return number;
    }
    if (option.type == OptionType::real) {
        const double number = text.toDouble(&good);
        if (good) return number;
    }
    return text.toStdString();
}

QString separator(const OptionDescriptor& option) {
    // Site addresses hold commas themselves.
    return option.type == OptionType::sites || option.type == OptionType::text ? QStringLiteral("; ")
                                                                               : QStringLiteral(", ");
}

QString helpOf(const OptionDescriptor& option) {
    return wrapped(qs(option.source.empty() ? option.help : option.help + "\n" + option.source));
}

void markWrong(QWidget* editor, QLabel* reason, const QString& wrong) {
    reason->setText(wrong);
    reason->setVisible(!wrong.isEmpty());
    if (editor->property("wrong").toBool() == !wrong.isEmpty()) return;
    editor->setProperty("wrong", !wrong.isEmpty());
    editor->style()->unpolish(editor);
    editor->style()->polish(editor);
}

} // namespace

std::vector<Json> parseLevels(const OptionDescriptor& option, const QString& text, QString& wrong) {
    std::vector<Json> levels;
    // Site addresses hold commas themselves.
    const QStringList parts = text.split(
        option.type == OptionType::sites || option.type == OptionType::text ? QLatin1Char(';') : QLatin1Char(','),
        Qt::SkipEmptyParts);
    for (const QString& part : parts) {
        const QString word = part.trimmed();
        Json value = word.toStdString();
        bool good = true;
        if (option.type == OptionType::integer) value = word.toLongLong(&good);
        if (option.type == OptionType::real) value = word.toDouble(&good);
        if (option.type == OptionType::boolean) value = word == QStringLiteral("true");
        const std::string problem = good ? check_option(option, value) : "not a number";
        if (!problem.empty())
            wrong = QObject::tr("%1: %2").arg(word, qs(problem));
        else if (std::find(levels.begin(), levels.end(), value) != levels.end())
            wrong = QObject::tr("%1 appears twice").arg(word);
        else
            levels.push_back(std::move(value));
    }
    if (levels.empty() && wrong.isEmpty()) wrong = QObject::tr("at least one level is needed");
    return levels;
}

OptionForm::OptionForm(QWidget* parent) : QWidget(parent) {
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 8, 0, 8);
    form->setHorizontalSpacing(8);
    form->setVerticalSpacing(6);
    form->setLabelAlignment(Qt::AlignRight | Qt::AlignTop);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
}

Json OptionForm::valueOf(const OptionDescriptor& option) const {
    return m_values.contains(option.name) ? m_values.at(option.name) : option.default_value;
}

// Whether the option that governs this one has a value for which it counts.
bool OptionForm::matters(const OptionDescriptor& option) const {
    if (option.only_when_name.empty()) return true;
    const auto counts = [&](const Json& value) { return matters_with(option, value); };
    for (const Factor& factor : m_varied) {
        if (factor.address == option.only_when_name)
            return std::any_of(factor.levels.begin(), factor.levels.end(), counts);
    }
    for (const OptionDescriptor& other : m_options) {
        if (other.name == option.only_when_name) return counts(valueOf(other));
    }
    return false;
}

std::vector<OptionForm::Row> OptionForm::wantedRows() const {
    std::vector<Row> rows;
    for (const OptionDescriptor& option : m_options) {
        Row row{option, false, nullptr, nullptr, valueOf(option), {}};
        for (const Factor& factor : m_varied) {
            if (factor.address != option.name) continue;
            row.varied = true;
            row.levels = factor.levels;
        }
        const bool folded = option.advanced && !m_all && !row.varied && !m_values.contains(option.name);
        if (matters(option) && !folded) rows.push_back(std::move(row));
    }
    return rows;
}

void OptionForm::setOptions(const std::vector<OptionDescriptor>& options, const Json& values,
                            const std::vector<Factor>& varied, bool mayVary) {
    const bool sameForks = mayVary == m_mayVary;
    m_options = options;
    m_values = values;
    m_varied = varied;
    m_mayVary = mayVary;
    std::vector<Row> rows = wantedRows();
    const bool same =
        sameForks && std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), [](const Row& a, const Row& b) {
            return a.option.name == b.option.name && a.varied == b.varied &&
                   a.option.default_value == b.option.default_value;
        });
    if (!same) return rebuild(std::move(rows));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        m_rows[i].value = std::move(rows[i].value);
        m_rows[i].levels = std::move(rows[i].levels);
        show(m_rows[i]);
    }
}

void OptionForm::rebuild(std::vector<Row> rows) {
    auto* form = static_cast<QFormLayout*>(layout());
    const QWidget* focus = focusWidget();
    const QString focused = focus != nullptr && focus->hasFocus() ? focus->objectName() : QString();
    // A rebuild is often the answer to a signal of one of these editors: they go when it has returned.
    while (form->rowCount() > 0) {
        const QFormLayout::TakeRowResult row = form->takeRow(0);
        for (QLayoutItem* item : {row.labelItem, row.fieldItem}) {
            if (item == nullptr) continue;
            if (QWidget* widget = item->widget()) {
                widget->hide();
                widget->setParent(nullptr);
                widget->deleteLater();
            }
            delete item;
        }
    }
    m_rows = std::move(rows);
    m_more = nullptr;
    const bool units =
        std::any_of(m_rows.begin(), m_rows.end(), [](const Row& row) { return !row.option.unit.empty(); });
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        buildRow(i, units);
    const auto advanced = std::count_if(m_options.begin(), m_options.end(), [&](const OptionDescriptor& option) {
        return option.advanced && matters(option) && !m_values.contains(option.name);
    });
    if (advanced > 0) {
        m_more = new QToolButton;
        m_more->setObjectName(QStringLiteral("moreOptions"));
        m_more->setText(m_all ? tr("Hide %n advanced option(s)", nullptr, static_cast<int>(advanced))
                              : tr("Show %n advanced option(s)", nullptr, static_cast<int>(advanced)));
        m_more->setProperty("toggle", true);
        connect(m_more, &QToolButton::clicked, this, [this] {
            m_all = !m_all;
            rebuild(wantedRows());
        });
        form->addRow(QString(), m_more);
    }
    if (focused.isEmpty()) return;
    if (auto* again = findChild<QWidget*>(focused)) again->setFocus();
}

void OptionForm::buildRow(std::size_t at, bool units) {
    Row& row = m_rows[at];
    const OptionDescriptor& option = row.option;
    const QString title = qs(option.label);
    auto* cell = new QWidget;
    auto* column = new QVBoxLayout(cell);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* line = new QHBoxLayout;
    line->setSpacing(6);
    column->addLayout(line);
    row.wrong = label("error");
    row.wrong->setObjectName(QStringLiteral("wrong_") + qs(option.name));
    row.wrong->hide();
    column->addWidget(row.wrong);
    row.editor = editorOf(at);
    row.editor->setObjectName(QStringLiteral("option_") + qs(option.name));
    row.editor->setAccessibleName(row.varied ? tr("Levels of %1").arg(title) : title);
    row.editor->setAccessibleDescription(qs(option.help));
    row.editor->setToolTip(helpOf(option));
    row.editor->setWhatsThis(helpOf(option));
    line->addWidget(row.editor, 1);
    if (units) {
        auto* unit = new QLabel(qs(option.unit));
        unit->setProperty("role", QStringLiteral("secondary"));
        unit->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("micro-batches")));
        line->addWidget(unit);
    }
    if (m_mayVary) {
        auto* fork = new QToolButton;
        fork->setIcon(icon(QStringLiteral("fork")));
        fork->setCheckable(true);
        fork->setChecked(row.varied);
        fork->setAccessibleName(tr("Vary %1").arg(title));
        fork->setToolTip(row.varied ? tr("Stop varying %1").arg(title)
                                    : tr("Vary %1: one arm for each level").arg(title));
        fork->setObjectName(QStringLiteral("vary_") + qs(option.name));
        connect(fork, &QToolButton::clicked, this, [this, at](bool on) {
            Q_EMIT levelsChanged(qs(m_rows[at].option.name),
                                 on ? std::vector<Json>{m_rows[at].value} : std::vector<Json>{});
        });
        line->addWidget(fork);
    }
    auto* name = new QLabel(title);
    name->setBuddy(row.editor);
    name->setToolTip(helpOf(option));
    show(row);
    static_cast<QFormLayout*>(layout())->addRow(name, cell);
    if (!isVisible()) return;
    name->show(); // at once: what is not visible yet cannot take the focus back
    cell->show();
}

QWidget* OptionForm::editorOf(std::size_t at) {
    const OptionDescriptor& option = m_rows[at].option;
    const QString name = qs(option.name);
    if (!m_rows[at].varied && option.type == OptionType::boolean) {
        auto* box = new QCheckBox;
        connect(box, &QCheckBox::clicked, this, [this, name](bool on) { Q_EMIT valueChanged(name, Json(on)); });
        return box;
    }
    if (!m_rows[at].varied && option.type == OptionType::choice) {
        auto* box = new ComboBox;
        for (const OptionChoice& choice : option.choices) {
            box->addItem(qs(choice.label), qs(choice.value));
            box->setItemData(box->count() - 1, qs(choice.help), Qt::ToolTipRole);
        }
        box->setMinimumContentsLength(8);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        connect(box, &QComboBox::activated, this,
                [this, name, box] { Q_EMIT valueChanged(name, Json(box->currentData().toString().toStdString())); });
        return box;
    }
    auto* edit = new QLineEdit; // a number too: spin boxes would round learning rates
    edit->setMinimumWidth(60);
    connect(edit, &QLineEdit::editingFinished, this, [this, at] { finishEdit(at); });
    if (m_rows[at].varied) {
        edit->setPlaceholderText(tr("levels, separated by commas"));
        connect(edit, &QLineEdit::textEdited, this, [this, at](const QString& text) {
            QString wrong;
            parseLevels(m_rows[at].option, text, wrong);
            markWrong(m_rows[at].editor, m_rows[at].wrong, wrong);
        });
    }
    return edit;
}

void OptionForm::finishEdit(std::size_t at) {
    Row& row = m_rows[at];
    auto* edit = static_cast<QLineEdit*>(row.editor);
    if (!edit->isModified()) return;
    const QString name = qs(row.option.name);
    if (!row.varied) {
        edit->setModified(false);
        const Json now = typed(row.option, edit->text().trimmed());
        if (now != row.value) Q_EMIT valueChanged(name, now);
        return;
    }
    QString wrong;
    const std::vector<Json> levels = parseLevels(row.option, edit->text(), wrong);
    markWrong(edit, row.wrong, wrong.isEmpty() ? QString() : tr("%1. The levels are unchanged.").arg(wrong));
    if (!wrong.isEmpty()) return;
    edit->setModified(false);
    if (levels != row.levels) Q_EMIT levelsChanged(name, levels);
}

// What is being typed stays.
void OptionForm::show(Row& row) {
    if (auto* box = qobject_cast<QCheckBox*>(row.editor)) {
        box->setChecked(row.value.is_boolean() && row.value.get<bool>());
    } else if (auto* choice = qobject_cast<QComboBox*>(row.editor)) {
        choice->setCurrentIndex(choice->findData(plain(row.value)));
    } else if (auto* edit = qobject_cast<QLineEdit*>(row.editor)) {
        QString text = plain(row.value);
        if (row.varied) {
            QStringList words;
            for (const Json& level : row.levels)
                words.append(plain(level));
            text = words.join(separator(row.option));
        }
        if (!edit->isModified() && edit->text() != text) edit->setText(text);
    }
}

void OptionForm::setProblems(const std::vector<Problem>& problems) {
    for (Row& row : m_rows) {
        if (const auto* edit = qobject_cast<QLineEdit*>(row.editor); edit != nullptr && edit->isModified()) continue;
        QString wrong;
        for (const Problem& problem : problems) {
            if (option_name(problem.field.last_name()) != row.option.name) continue;
            wrong = qs(problem.what) + (problem.remedy.empty() ? QString() : QStringLiteral(". ") + qs(problem.remedy));
        }
        markWrong(row.editor, row.wrong, wrong);
    }
}

} // namespace diapason::ui
