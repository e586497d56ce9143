#include "ui/design/design_page.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/library/library.h"
#include "ui/design/budget_dialog.h"
#include "ui/frame/words.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QFileInfo>
#include <QHeaderView>
#include <QSplitter>
#include <QVBoxLayout>

#include <map>
#include <set>

namespace diapason::ui {
namespace {

QStringList backboneNames() {
    QStringList names;
    for (const BackboneEntry& entry : list_backbones())
        names.append(qs(entry.name));
    return names;
}

} // namespace

PageInfo design_page_info() {
    return {PageId::design, DesignPage::tr("Design"), QStringLiteral("sliders"),
            [](Workspace& workspace) -> Page* { return new DesignPage(workspace); }};
}

DesignPage::DesignPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_arms(new ArmsModel(this)) {
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("designSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(buildSections());
    splitter->addWidget(buildCentre());
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({232, 1000});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    auto* go = new QAction(tr("Pre-flight"), this);
    go->setShortcut(QKeySequence(QStringLiteral("Ctrl+R")));
    connect(go, &QAction::triggered, this, [this] { m_sections->setCurrentRow(PreflightSection); });
    m_actions = {go};
    for (const auto signal :
         {&Workspace::planChanged, &Workspace::sessionStarted, &Workspace::sessionEnded, &Workspace::databaseChanged})
        connect(&m_workspace, signal, this, &DesignPage::showPlan);
    connect(&m_workspace, &Workspace::designChanged, this, &DesignPage::showDesign);
    connect(&m_workspace, &Workspace::inputsRead, this, [this] {
        if (!m_workspace.checked()) return; // those of a plan that is out of date
        reloadSections();
        m_preflight->showPlan();
    });
    connect(&m_workspace, &Workspace::checkTakesTime, this, &DesignPage::showThatItIsChecked);
    connect(&m_workspace, &Workspace::libraryChanged, this, &DesignPage::reloadChoices);
    m_sections->setCurrentRow(MethodsSection);
    activated();
}

QWidget* DesignPage::buildSections() {
    auto* side = new QFrame;
    side->setObjectName(QStringLiteral("side"));
    side->setMinimumWidth(180);
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 8, 0, 12);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(12, 0, 12, 4);
    top->addWidget(label("heading", tr("Study design")));
    m_name = new QLineEdit;
    m_name->setObjectName(QStringLiteral("studyName"));
    m_name->setAccessibleName(tr("Name of the study"));
    top->addWidget(m_name);
    layout->addLayout(top);
    m_sections = new QListWidget;
    m_sections->setObjectName(QStringLiteral("sections"));
    m_sections->setAccessibleName(tr("Sections of the design"));
    m_sections->setProperty("plain", true);
    dressList(m_sections, false, true);
    for (int i = 0; i < SectionCount; ++i)
        m_sections->addItem(QString());
    layout->addWidget(m_sections, 1);
    auto* bottom = new QVBoxLayout;
    bottom->setContentsMargins(12, 0, 12, 0);
    bottom->addWidget(label("secondary", tr("All arms share seeds and data order, so every difference is paired.")));
    m_go = new QPushButton(tr("Pre-flight and start"));
    m_go->setObjectName(QStringLiteral("preflight"));
    m_go->setProperty("primary", true);
    QSizePolicy keeps = m_go->sizePolicy();
    keeps.setRetainSizeWhenHidden(true);
    m_go->setSizePolicy(keeps);
    bottom->addWidget(m_go);
    layout->addLayout(bottom);
    connect(m_name, &QLineEdit::editingFinished, this, [this] {
        m_name->setModified(false);
        const std::string name = m_name->text().trimmed().toStdString();
        if (name != m_workspace.design().title)
            m_workspace.edit(tr("rename"), [&](Study& study) { study.title = name; });
    });
    connect(m_sections, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row < 0) return;
        m_stack->setCurrentIndex(row);
        m_go->setVisible(row != PreflightSection); // there the start button is the primary one
    });
    connect(m_go, &QPushButton::clicked, this, [this] { m_sections->setCurrentRow(PreflightSection); });
    return side;
}

QWidget* DesignPage::buildCentre() {
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("designArms"));
    splitter->setHandleWidth(1);
    m_backbones = new ChoicePanel(tr("Backbones"),
                                  tr("Frozen pretrained transformers: those that come with Diapason and your own."),
                                  backboneNames());
    m_tasks = new TaskPanel(m_workspace);
    connect(m_tasks, &TaskPanel::tasksChanged, this, &DesignPage::reloadChoices);
    m_training = new TrainingPanel(m_workspace);
    m_preflight = new PreflightPanel(m_workspace);
    m_stack = new QStackedWidget;
    for (QWidget* section : {static_cast<QWidget*>(m_backbones), static_cast<QWidget*>(m_tasks), buildMethods(),
                             static_cast<QWidget*>(m_training), static_cast<QWidget*>(m_preflight)})
        m_stack->addWidget(section);
    splitter->addWidget(m_stack);
    auto* arms = new QWidget;
    auto* layout = new QVBoxLayout(arms);
    layout->setContentsMargins(0, 6, 0, 0);
    layout->setSpacing(4);
    m_armsTitle = label("heading");
    m_armsTitle->setObjectName(QStringLiteral("armsTitle"));
    m_armsTitle->setWordWrap(false);
    m_baseline = new ComboBox;
    m_baseline->setObjectName(QStringLiteral("baseline"));
    m_baseline->setToolTip(tr("The arm that all others are compared with, paired by seed"));
    m_baseline->setMinimumWidth(200);
    m_baseline->setMaximumWidth(300);
    auto* compared = new QLabel(tr("&compared with"));
    compared->setBuddy(m_baseline);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 0, 12, 0);
    bar->addWidget(m_armsTitle);
    bar->addStretch();
    auto* budget = new QPushButton(tr("Equal budget…"));
    budget->setObjectName(QStringLiteral("equalBudget"));
    budget->setToolTip(
        tr("Choose rank, length or bottleneck so that every method has the same number of parameters or bytes"));
    connect(budget, &QPushButton::clicked, this, &DesignPage::equaliseBudgets);
    bar->addWidget(budget);
    bar->addSpacing(spacing);
    bar->addWidget(compared);
    bar->addWidget(m_baseline);
    layout->addLayout(bar);
    connect(m_baseline, &QComboBox::activated, this, [this] {
        m_workspace.edit(tr("baseline"),
                         [this](Study& study) { study.baseline = m_baseline->currentText().toStdString(); });
    });
    m_table = new QTableView;
    m_table->setModel(m_arms);
    m_table->setObjectName(QStringLiteral("arms"));
    m_table->setAccessibleName(tr("Arms and their counts"));
    dressTable(m_table);
    m_table->horizontalHeader()->setStretchLastSection(false);
    layout->addWidget(m_table, 1);
    splitter->addWidget(arms);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({520, 260});
    connect(m_backbones, &ChoicePanel::chosen, this, [this](const QString& name) {
        m_workspace.edit(tr("backbone %1").arg(name), [&](Study& study) { study.backbone = name.toStdString(); });
    });
    connect(m_preflight, &PreflightPanel::started, this, [this] { Q_EMIT pageWanted(PageId::run); });
    connect(m_preflight, &PreflightPanel::fieldWanted, this, &DesignPage::goTo);
    return splitter;
}

bool DesignPage::takes(const QString& file) const {
    const QFileInfo info(file);
    return info.isFile() && info.suffix() != QStringLiteral("db");
}

void DesignPage::addData(const QString& file) {
    if (file.isEmpty()) return;
    m_sections->setCurrentRow(TaskSection);
    m_tasks->addData(file);
}

void DesignPage::equaliseBudgets() {
    if (!m_workspace.checked()) return;
    BudgetDialog dialog(m_workspace.plan(), this);
    if (dialog.exec() != QDialog::Accepted) return;
    m_workspace.edit(tr("equal budget"), [&](Study& study) { apply_budgets(study, dialog.rows()); });
}

QWidget* DesignPage::buildMethods() {
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("methodsSplitter"));
    splitter->setHandleWidth(1);
    m_block = new BlockView;
    m_methods = new MethodPanel(m_workspace);
    m_methods->setMinimumWidth(280);
    splitter->addWidget(m_block);
    splitter->addWidget(m_methods);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({700, 380});
    connect(m_methods, &MethodPanel::currentChanged, this, &DesignPage::reloadDrawing);
    return splitter;
}

int DesignPage::sectionOf(const FieldPath& field) {
    static const std::map<std::string, Section> sections = {{"backbone", BackboneSection},
                                                            {"task", TaskSection},
                                                            {"methods", MethodsSection},
                                                            {"exclude", MethodsSection},
                                                            {"baseline", MethodsSection}};
    const auto found = sections.find(field.name(0));
    return found == sections.end() ? SeedsSection : found->second;
}

// To the section of a problem, and to the editor of its option when there is one.
void DesignPage::goTo(const FieldPath& field) {
    if (field.name(0) == "title") return m_name->setFocus(Qt::ShortcutFocusReason);
    m_sections->setCurrentRow(sectionOf(field));
    if (const auto method = field.place(1); method && field.name(0) == "methods")
        m_methods->setCurrent(static_cast<int>(*method));
    const QString last = qs(option_name(field.last_name()));
    for (const QString& name : {QStringLiteral("option_") + last, last}) {
        if (auto* editor = m_stack->currentWidget()->findChild<QWidget*>(name))
            return editor->setFocus(Qt::ShortcutFocusReason);
    }
    m_stack->currentWidget()->setFocus();
}

void DesignPage::activated() {
    showDesign();
    showPlan();
}

void DesignPage::showDesign() {
    if (!m_name->isModified()) m_name->setText(qs(m_workspace.design().title));
    m_methods->reload();
    m_training->reload();
    if (!m_workspace.checked()) m_preflight->wait();
}

void DesignPage::showThatItIsChecked() {
    m_table->setEnabled(false);
    m_preflight->showThatItWaits();
    m_sections->item(PreflightSection)->setText(tr("5  Pre-flight\nchecking…"));
}

void DesignPage::showPlan() {
    if (!m_workspace.checked()) return; // it follows
    const Plan& plan = *m_workspace.plan();
    m_table->setEnabled(true);
    m_arms->setPlan(m_workspace.plan());
    fitColumns(m_table, 420);
    m_baseline->clear();
    for (const Arm& arm : plan.arms)
        m_baseline->addItem(qs(arm.label));
    m_baseline->setCurrentIndex(plan.study.baseline.empty() ? 0 : m_baseline->findText(qs(plan.study.baseline)));
    m_methods->showPlan();
    m_training->showProblems(plan.problems);
    m_preflight->showPlan();
    reloadDrawing();
    reloadSections();
}

void DesignPage::reloadChoices() {
    m_backbones->setNames(backboneNames());
    m_tasks->reloadNames();
    m_workspace.checkAgain();
}

QString DesignPage::reloadBackbone() {
    const Found<BackboneConfig>& found = m_workspace.plan()->backbone();
    const std::string& name = found.name;
    try {
        const BackboneConfig& config = found.get();
        m_backbones->setCurrent(
            qs(name), QStringLiteral("<table>") +
                          factRow(tr("family"), tr("%1, %2, %3")
                                                    .arg(qs(config.family), qs(config.stack()),
                                                         config.pre_norm ? tr("pre-norm") : tr("post-norm"))) +
                          factRow(tr("parameters"), qs(format_count(config.parameter_count()))) +
                          factRow(tr("layers"), tr("%1, width %2").arg(config.layers).arg(config.width)) +
                          factRow(tr("heads"), tr("%1 of width %2, %3 for keys and values")
                                                   .arg(config.heads)
                                                   .arg(config.head_width)
                                                   .arg(config.kv_heads)) +
                          factRow(tr("feed-forward"),
                                  tr("%1%2").arg(config.ffn_width).arg(config.gated_ffn ? tr(", gated") : QString())) +
                          factRow(tr("vocabulary"), tr("%1 pieces").arg(qs(format_count(config.vocabulary)))) +
                          factRow(tr("positions"), qs(format_count(config.max_positions))) +
                          QStringLiteral("</table>"));
        return tr("%1\n%2, %n layer(s), width %3", nullptr, static_cast<int>(config.layers))
            .arg(qs(name), qs(config.stack()))
            .arg(config.width);
    } catch (const Error& error) {
        m_backbones->setWrong(qs(name), qs(error.what()));
        return qs(name);
    }
}

void DesignPage::reloadSections() {
    const Plan& plan = *m_workspace.plan();
    const Study& study = plan.study;
    const std::vector<Problem>& problems = plan.problems;
    std::set<int> bad;
    for (const Problem& problem : problems)
        bad.insert(sectionOf(problem.field));
    if (m_workspace.inputFault()) bad.insert(TaskSection);
    const std::size_t blocking = m_workspace.inputFault() ? 1 : problems.size();
    if (blocking > 0) bad.insert(PreflightSection);
    const std::size_t arms = plan.arms.size();
    const std::size_t runs = plan.runs();
    const QString blocks = blocking == 0 ? tr("%1, ready to start").arg(Words::runs(runs)) : Words::problems(blocking);
    const std::string steps = study.training.contains("steps") ? study.training.at("steps").dump() : "200";
    const QString texts[] = {
        tr("1  Backbone\n%1").arg(reloadBackbone()), tr("2  Task\n%1").arg(m_tasks->showTask()),
        tr("3  Methods and factors\n%1 from %2").arg(Words::arms(arms), Words::methods(study.methods.size())),
        tr("4  Seeds and training\n%1, %2 steps").arg(Words::seeds(study.seeds.size()), qs(steps)),
        tr("5  Pre-flight\n%1").arg(blocks)};
    for (int i = 0; i < SectionCount; ++i) {
        m_sections->item(i)->setText(texts[i]);
        m_sections->item(i)->setToolTip(texts[i]);
        m_sections->item(i)->setIcon(bad.count(i) == 0 ? icon(QStringLiteral("check"), Role::good)
                                                       : icon(QStringLiteral("warn"), Role::warning));
    }
    m_armsTitle->setText(
        tr("%1 × %2 = %3").arg(Words::arms(arms), Words::seeds(study.seeds.size()), Words::runs(runs)));
}

void DesignPage::reloadDrawing() {
    if (!m_workspace.checked()) return; // it follows with the plan
    const Plan& plan = *m_workspace.plan();
    const BackboneConfig* config = plan.backbone().value.get(); // null: the section list and pre-flight say why
    m_block->setBackbone(config == nullptr ? std::nullopt : std::optional(*config));
    m_block->setMethods(config == nullptr ? std::vector<DrawnMethod>()
                                          : drawn_methods(plan.study, *config, plan.arms, m_methods->current()));
}

} // namespace diapason::ui
