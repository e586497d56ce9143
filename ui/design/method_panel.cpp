#include "ui/design/method_panel.h"

#include "core/base/format.h"
#include "core/base/training_options.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace diapason::ui {
namespace {

// The learning rate is the one training option that must differ between methods to be fair.
std::vector<OptionDescriptor> ownTraining(const MethodInfo& info) {
    std::vector<OptionDescriptor> own;
    for (OptionDescriptor option : training_options()) {
        if (option.name != "learning_rate") continue;
        option.default_value = info.default_learning_rate;
        own.push_back(option);
    }
    return own;
}

} // namespace

std::vector<Factor> trainingFactors(const std::vector<Factor>& factors) {
    std::vector<Factor> varied;
    for (const Factor& factor : factors) {
        if (is_training_address(factor.address)) varied.push_back({option_name(factor.address), factor.levels});
    }
    return varied;
}

void setLevels(std::vector<Factor>& factors, const std::string& address, const std::vector<Json>& levels) {
    const auto found =
        std::find_if(factors.begin(), factors.end(), [&](const Factor& factor) { return factor.address == address; });
    if (levels.empty()) {
        if (found != factors.end()) factors.erase(found);
    } else if (found != factors.end()) {
        found->levels = levels;
    } else {
        factors.push_back({address, levels});
    }
}

MethodPanel::MethodPanel(Workspace& workspace, QWidget* parent)
    : QWidget(parent),
      m_workspace(workspace),
      m_add(new ComboBox),
      m_remove(new QPushButton(icon(QStringLiteral("trash")), tr("Remove"))),
      m_methods(new QListWidget) {
    m_add->setObjectName(QStringLiteral("addMethod"));
    m_add->setAccessibleName(tr("Add a method"));
    m_add->addItem(icon(QStringLiteral("plus")), tr("Add method"));
    for (const MethodInfo& method : method_catalog())
        m_add->addItem(qs(method.label), qs(method.id));
    m_remove->setToolTip(tr("Remove the selected method from the study"));
    m_remove->setObjectName(QStringLiteral("removeMethod"));
    m_methods->setObjectName(QStringLiteral("methods"));
    m_methods->setAccessibleName(tr("Methods of the study"));
    dressList(m_methods);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 0);
    bar->addWidget(m_add, 1);
    bar->addWidget(m_remove);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(bar);
    layout->addWidget(m_methods);
    layout->addWidget(buildForm(), 1);
    connect(m_add, &QComboBox::activated, this, [this](int index) {
        if (index == 0) return;
        const std::string id = m_add->itemData(index).toString().toStdString();
        m_add->setCurrentIndex(0);
        m_workspace.edit(tr("add %1").arg(qs(method_info(id).label)), [&](Study& study) {
            study.methods.push_back({id, Json::object(), Json::object(), {}});
        });
        m_methods->setCurrentRow(m_methods->count() - 1);
    });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        const int row = m_methods->currentRow();
        if (row < 0) return;
        m_workspace.edit(tr("remove %1").arg(m_methods->item(row)->text()),
                         [&](Study& study) { study.methods.erase(study.methods.begin() + row); });
    });
    connect(m_methods, &QListWidget::currentRowChanged, this, [this] {
        reloadForm();
        Q_EMIT currentChanged();
    });
}

QWidget* MethodPanel::buildForm() {
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(12, 4, 12, 8);
    layout->setSpacing(4);
    m_formula = markupLabel("");
    m_summary = label("secondary");
    m_presetRow = new QWidget;
    m_preset = new ComboBox;
    m_preset->setObjectName(QStringLiteral("preset"));
    m_preset->setToolTip(tr("The options as a paper or a library sets them"));
    auto* presetLabel = new QLabel(tr("&Preset"));
    presetLabel->setBuddy(m_preset);
    auto* presets = new QHBoxLayout(m_presetRow);
    presets->setContentsMargins(0, 0, 0, 0);
    presets->addWidget(presetLabel);
    presets->addWidget(m_preset, 1);
    connect(m_preset, &QComboBox::activated, this, &MethodPanel::takePreset);
    m_options = new OptionForm;
    m_training = new OptionForm;
    m_training->setObjectName(QStringLiteral("methodTraining"));
    m_counts = markupLabel("secondary");
    for (QWidget* part :
         {static_cast<QWidget*>(m_formula), static_cast<QWidget*>(m_summary), m_presetRow,
          static_cast<QWidget*>(m_options), static_cast<QWidget*>(m_training), static_cast<QWidget*>(m_counts)})
        layout->addWidget(part);
    layout->addStretch();
    auto* area = scrolling(content);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    connect(m_options, &OptionForm::valueChanged, this, [this](const QString& name, const Json& value) {
        m_workspace.edit(tr("change %1").arg(name),
                         [&](Study& study) { selected(study)->options[name.toStdString()] = value; });
    });
    connect(m_training, &OptionForm::valueChanged, this, [this](const QString& name, const Json& value) {
        m_workspace.edit(tr("change %1").arg(name),
                         [&](Study& study) { selected(study)->training[name.toStdString()] = value; });
    });
    const auto vary = [this](const QString& name, const std::string& address, const std::vector<Json>& levels) {
        m_workspace.edit(levels.empty() ? tr("stop varying %1").arg(name) : tr("vary %1").arg(name),
                         [&](Study& study) { setLevels(selected(study)->vary, address, levels); });
    };
    connect(m_options, &OptionForm::levelsChanged, this,
            [vary](const QString& name, const std::vector<Json>& levels) { vary(name, name.toStdString(), levels); });
    connect(m_training, &OptionForm::levelsChanged, this, [vary](const QString& name, const std::vector<Json>& levels) {
        vary(name, training_address(name.toStdString()), levels);
    });
    return area;
}

StudyMethod* MethodPanel::selected(Study& study) const {
    const int row = m_methods->currentRow();
    return row >= 0 && row < static_cast<int>(study.methods.size()) ? &study.methods[static_cast<std::size_t>(row)]
                                                                    : nullptr;
}

// Labels and colours follow with the plan; what is there meanwhile stays.
void MethodPanel::reload() {
    const Study& study = m_workspace.design();
    if (m_methods->count() != static_cast<int>(study.methods.size())) list(entry_labels(study));
    reloadForm();
}

void MethodPanel::showPlan() {
    list(m_workspace.plan()->entry_labels);
    reloadForm();
}

void MethodPanel::list(const std::vector<std::string>& labels) {
    const Study& study = m_workspace.design();
    const int row = m_methods->currentRow();
    const QSignalBlocker blocker(m_methods);
    m_methods->clear();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        QString text = qs(labels[i]);
        for (const Factor& factor : study.methods[i].vary)
            text += tr(" · %1 × %2").arg(factor.levels.size()).arg(qs(option_name(factor.address)));
        auto* item = new QListWidgetItem(text);
        item->setToolTip(text);
        m_methods->addItem(item);
    }
    if (m_workspace.checked()) {
        for (const Arm& arm : m_workspace.plan()->arms)
            m_methods->item(static_cast<int>(arm.entry))->setData(Qt::DecorationRole, seriesColour(arm.colour_slot));
    }
    const int count = m_methods->count();
    m_methods->setCurrentRow(std::clamp(row, count == 0 ? -1 : 0, count - 1));
    m_methods->setFixedHeight(std::clamp(count, 1, 6) * rowHeight + 6);
    m_remove->setEnabled(m_methods->currentRow() >= 0);
}

void MethodPanel::reloadForm() {
    Study study = m_workspace.design();
    const StudyMethod* entry = selected(study);
    const MethodInfo* info = entry == nullptr ? nullptr : find_method(entry->method);
    m_counts->setVisible(info != nullptr);
    showPresets(info, entry == nullptr ? Json::object() : entry->options);
    if (info == nullptr) {
        m_formula->setText(study.methods.empty() ? tr("Add a method to see its options.")
                                                 : tr("There is no method with this name."));
        m_summary->clear();
        m_options->setOptions({}, Json::object(), {}, false);
        m_training->setOptions({}, Json::object(), {}, false);
        return;
    }
    m_formula->setText(
        QStringLiteral("<b>%1</b>&nbsp; %2<br><code>%3</code>")
            .arg(qs(info->label).toHtmlEscaped(), qs(info->paper).toHtmlEscaped(), qs(info->formula).toHtmlEscaped()));
    m_summary->setText(qs(info->summary));
    m_options->setOptions(info->options, entry->options, entry->vary, true);
    m_training->setOptions(ownTraining(*info), entry->training, trainingFactors(entry->vary), true);
    if (m_workspace.checked()) showProblems();
}

void MethodPanel::showProblems() {
    const FieldPath field = FieldPath("methods") / static_cast<std::size_t>(m_methods->currentRow());
    std::vector<Problem> options, training;
    for (const Problem& problem : m_workspace.plan()->problems) {
        if (!problem.field.begins_with(field)) continue;
        const bool trains = problem.field.name(2) == "training" ||
                            (problem.field.name(2) == "vary" && is_training_address(problem.field.name(3)));
        (trains ? training : options).push_back(problem);
    }
    m_options->setProblems(options);
    m_training->setProblems(training);
    showCounts();
}

// The preset whose values the options have; defaults are a preset, too.
void MethodPanel::showPresets(const MethodInfo* info, const Json& options) {
    m_presetRow->setVisible(info != nullptr && !info->presets.empty());
    m_preset->clear();
    if (info == nullptr || info->presets.empty()) return;
    const auto whole = [&](const Json& given) {
        std::vector<Problem> ignored;
        return OptionValues::from_json(info->options, given, "", ignored).json();
    };
    m_preset->addItem(tr("defaults"));
    int current = whole(options) == whole(Json::object()) ? 0 : -1;
    for (const MethodPreset& preset : info->presets) {
        m_preset->addItem(qs(preset.label));
        if (current < 0 && whole(options) == whole(preset.options)) current = m_preset->count() - 1;
    }
    if (current < 0) {
        m_preset->addItem(tr("custom"));
        current = m_preset->count() - 1;
    }
    m_preset->setCurrentIndex(current);
}

void MethodPanel::takePreset(int index) {
    Study design = m_workspace.design();
    const StudyMethod* entry = selected(design);
    const MethodInfo* info = entry == nullptr ? nullptr : find_method(entry->method);
    if (info == nullptr || index > static_cast<int>(info->presets.size())) return; // own values stay
    const Json options = index == 0 ? Json::object() : info->presets[static_cast<std::size_t>(index - 1)].options;
    m_workspace.edit(tr("preset %1").arg(m_preset->itemText(index)),
                     [&](Study& study) { selected(study)->options = options; });
}

void MethodPanel::showCounts() {
    m_counts->clear();
    const Plan& plan = *m_workspace.plan();
    for (std::size_t i = 0; i < plan.arms.size(); ++i) {
        const ArmFacts& facts = plan.facts[i];
        if (plan.arms[i].entry != static_cast<std::size_t>(m_methods->currentRow())) continue;
        const auto row = [](const QString& name, const std::string& value) {
            return QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td align='right'>%2</td></tr>").arg(name, qs(value));
        };
        if (!facts.problem.empty())
            m_counts->setText(QStringLiteral("<span style=\"color:%1\">%2</span>")
                                  .arg(colour(Role::error).name(), qs(facts.problem).toHtmlEscaped()));
        else
            m_counts->setText(QStringLiteral("<b>%1</b><table>").arg(qs(plan.arms[i].label).toHtmlEscaped()) +
                              row(tr("trained"), format_count(facts.counts.trained)) +
                              row(tr("stored for inference"), format_count(facts.counts.stored)) +
                              row(tr("storage, bits"), format_count(facts.counts.stored_bits)) +
                              row(tr("task head, separate"), format_count(facts.counts.head)) +
                              QStringLiteral("</table>"));
        return;
    }
}

} // namespace diapason::ui
