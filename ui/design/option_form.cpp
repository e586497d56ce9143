#include "ui/design/option_form.h"

#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>

namespace diapason::ui {
namespace {

QString plain(const Json& value) {
    return value.is_string() ? qs(value.get<std::string>()) : qs(value.dump());
}

// A number in a line edit: spin boxes would round learning rates.
QLineEdit* lineEdit(const QString& text) {
    auto* edit = new QLineEdit(text);
    edit->setMinimumWidth(60);
    return edit;
}

void showWrong(QLineEdit* edit, const QString& wrong) {
    edit->setToolTip(wrong);
    edit->setStyleSheet(wrong.isEmpty() ? QString() : QStringLiteral("color: %1").arg(colour(Role::error).name()));
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
        const std::string problem = good ? check_option(option, value) : "a number is needed";
        if (!problem.empty())
            wrong = QObject::tr("%1: %2").arg(word, qs(problem));
        else if (std::find(levels.begin(), levels.end(), value) != levels.end())
            wrong = QObject::tr("%1 is there twice").arg(word);
        else
            levels.push_back(std::move(value));
    }
    if (levels.empty() && wrong.isEmpty()) wrong = QObject::tr("a level is needed");
    return levels;
}

OptionForm::OptionForm(QWidget* parent) : QWidget(parent) {
    new QFormLayout(this);
}

void OptionForm::setOptions(const std::vector<OptionDescriptor>& options, const Json& values,
                            const std::vector<Factor>& varied, bool mayVary) {
    auto* form = static_cast<QFormLayout*>(layout());
    while (form->rowCount() > 0)
        form->removeRow(0);
    form->setHorizontalSpacing(8);
    form->setVerticalSpacing(6);
    form->setLabelAlignment(Qt::AlignRight | Qt::AlignVCenter);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    const auto factor_of = [&](const std::string& name) {
        return std::find_if(varied.begin(), varied.end(), [&](const Factor& factor) { return factor.address == name; });
    };
    const auto value_of = [&](const OptionDescriptor& option) {
        return values.contains(option.name) ? values.at(option.name) : option.default_value;
    };
    for (const OptionDescriptor& option : options) {
        if (!option.only_when_name.empty()) {
            const auto governing = std::find_if(options.begin(), options.end(), [&](const OptionDescriptor& d) {
                return d.name == option.only_when_name;
            });
            const auto factor = factor_of(option.only_when_name);
            const auto matters = [&](const Json& value) {
                return std::find(option.only_when_values.begin(), option.only_when_values.end(),
                                 value.is_string() ? value.get<std::string>() : value.dump()) !=
                       option.only_when_values.end();
            };
            const bool wanted = factor != varied.end()
                                    ? std::any_of(factor->levels.begin(), factor->levels.end(), matters)
                                    : governing != options.end() && matters(value_of(*governing));
            if (!wanted) continue;
        }
        const auto factor = factor_of(option.name);
        const bool is_varied = factor != varied.end();
        auto* row = new QWidget;
        auto* rowLayout = new QHBoxLayout(row);
        rowLayout->setContentsMargins(0, 0, 0, 0);
        QWidget* editor = is_varied ? levelsOf(option, *factor) : editorOf(option, value_of(option));
        editor->setObjectName(QStringLiteral("option_") + qs(option.name));
        editor->setAccessibleName(qs(option.label));
        editor->setAccessibleDescription(qs(option.help));
        const QString help = QStringLiteral("<p>%1</p><p>%2</p>")
                                 .arg(qs(option.help).toHtmlEscaped(), qs(option.source).toHtmlEscaped());
        editor->setToolTip(help);
        editor->setWhatsThis(help);
        rowLayout->addWidget(editor, 1);
        if (!option.unit.empty()) {
            auto* unit = new QLabel(qs(option.unit));
            unit->setProperty("role", QStringLiteral("secondary"));
            rowLayout->addWidget(unit);
        }
        if (mayVary) {
            auto* fork = new QToolButton;
            fork->setIcon(icon(QStringLiteral("fork")));
            fork->setCheckable(true);
            fork->setChecked(is_varied);
            fork->setAccessibleName(tr("Vary %1").arg(qs(option.label)));
            fork->setToolTip(is_varied ? tr("Stop varying %1").arg(qs(option.label))
                                       : tr("Vary %1: one arm a level").arg(qs(option.label)));
            fork->setObjectName(QStringLiteral("vary_") + qs(option.name));
            connect(fork, &QToolButton::clicked, this,
                    [this, name = qs(option.name), value = value_of(option)](bool on) {
                        Q_EMIT levelsChanged(name, on ? std::vector<Json>{value} : std::vector<Json>{});
                    });
            rowLayout->addWidget(fork);
        }
        auto* label = new QLabel(qs(option.label));
        label->setBuddy(editor);
        label->setToolTip(help);
        form->addRow(label, row);
    }
}

QWidget* OptionForm::levelsOf(const OptionDescriptor& option, const Factor& factor) {
    QStringList words;
    for (const Json& level : factor.levels)
        words.append(plain(level));
    auto* edit = lineEdit(words.join(option.type == OptionType::sites || option.type == OptionType::text
                                         ? QStringLiteral("; ")
                                         : QStringLiteral(", ")));
    connect(edit, &QLineEdit::textEdited, this, [edit, option](const QString& text) {
        QString wrong;
        parseLevels(option, text, wrong);
        showWrong(edit, wrong);
    });
    connect(edit, &QLineEdit::editingFinished, this, [this, edit, option, before = factor.levels] {
        QString wrong;
        const auto levels = parseLevels(option, edit->text(), wrong);
        showWrong(edit, wrong);
        if (wrong.isEmpty() && levels != before) Q_EMIT levelsChanged(qs(option.name), levels);
    });
    return edit;
}

QWidget* OptionForm::editorOf(const OptionDescriptor& option, const Json& value) {
    const QString name = qs(option.name);
    switch (option.type) {
    case OptionType::boolean: {
        auto* box = new QCheckBox;
        box->setChecked(value.is_boolean() && value.get<bool>());
        connect(box, &QCheckBox::clicked, this, [this, name](bool on) { Q_EMIT valueChanged(name, Json(on)); });
        return box;
    }
    case OptionType::choice: {
        auto* box = new QComboBox;
        for (const OptionChoice& choice : option.choices) {
            box->addItem(qs(choice.label), qs(choice.value));
            box->setItemData(box->count() - 1, qs(choice.help), Qt::ToolTipRole);
            if (value == choice.value) box->setCurrentIndex(box->count() - 1);
        }
        box->setMinimumContentsLength(8);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        connect(box, &QComboBox::activated, this,
                [this, name, box] { Q_EMIT valueChanged(name, Json(box->currentData().toString().toStdString())); });
        return box;
    }
    default:
        break;
    }
    auto* edit = lineEdit(plain(value));
    connect(edit, &QLineEdit::editingFinished, this, [this, edit, option, name, before = value] {
        const QString text = edit->text().trimmed();
        Json now = text.toStdString();
        bool good = true;
        if (option.type == OptionType::integer) now = text.toLongLong(&good);
        if (option.type == OptionType::real) now = text.toDouble(&good);
        const std::string problem = good ? check_option(option, now) : "a number is needed";
        showWrong(edit, qs(problem));
        if (problem.empty() && now != before) Q_EMIT valueChanged(name, now);
    });
    return edit;
}

} // namespace diapason::ui
