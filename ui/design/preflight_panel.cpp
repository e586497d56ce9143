#include "ui/design/preflight_panel.h"

#include "core/base/format.h"
#include "experiments/study/cost.h"
#include "ui/frame/words.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/views.h"

#include <QThread>
#include <QVBoxLayout>

#include <algorithm>

namespace diapason::ui {
namespace {

constexpr int progressEvery = 300; // ms

} // namespace

PreflightPanel::PreflightPanel(Workspace& workspace, QWidget* parent)
    : QWidget(parent),
      m_workspace(workspace),
      m_text(markupLabel("")),
      m_why(label("warning")),
      m_execution(new ComboBox),
      m_problems(new QListWidget),
      m_start(new QPushButton) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->setSpacing(spacing);
    layout->addWidget(label("heading", tr("Pre-flight")));
    layout->addWidget(m_text);
    auto* row = new QHBoxLayout;
    auto* where = new QLabel(tr("&Run in"));
    m_execution->setObjectName(QStringLiteral("execution"));
    m_execution->setAccessibleName(tr("Where runs are executed"));
    m_execution->addItem(tr("a worker thread of this window, one run at a time"));
    m_execution->addItem(tr("isolated processes, one run per core"));
    where->setBuddy(m_execution);
    row->addWidget(where);
    row->addWidget(m_execution);
    row->addStretch();
    layout->addLayout(row);
    auto* buttons = new QHBoxLayout;
    m_start->setProperty("primary", true);
    m_start->setObjectName(QStringLiteral("start"));
    buttons->addWidget(m_start);
    buttons->addWidget(m_why, 1);
    layout->addLayout(buttons);
    layout->addSpacing(8);
    layout->addWidget(label("heading", tr("Checks")));
    m_problems->setObjectName(QStringLiteral("problems"));
    m_problems->setAccessibleName(tr("Problems that prevent the start"));
    dressList(m_problems, true, true);
    layout->addWidget(m_problems, 1);
    connect(m_execution, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_workspace.setExecution(index == 1 ? Workspace::Execution::processes : Workspace::Execution::workerThread);
    });
    connect(m_problems, &QListWidget::itemActivated, this, [this](const QListWidgetItem* item) {
        const auto number = static_cast<std::size_t>(m_problems->row(item));
        const std::vector<Problem>& problems = m_workspace.plan()->problems;
        if (!m_workspace.checked()) return;
        if (number < problems.size()) Q_EMIT fieldWanted(problems[number].field);
        if (number == 0 && m_workspace.inputFault()) Q_EMIT fieldWanted("task");
    });
    m_progress.setInterval(progressEvery);
    connect(&m_progress, &QTimer::timeout, this, [this] {
        const QString reading = m_workspace.inputsBeingRead();
        if (!reading.isEmpty()) m_why->setText(reading);
    });
    connect(m_start, &QPushButton::clicked, this, [this] {
        if (m_workspace.startStudy()) Q_EMIT started();
    });
}

void PreflightPanel::wait() {
    m_progress.stop();
    m_start->setEnabled(false);
}

void PreflightPanel::showThatItWaits() {
    m_why->setText(tr("The design is being checked."));
}

void PreflightPanel::showPlan() {
    const Plan& plan = *m_workspace.plan();
    const Study& study = plan.study;
    const std::vector<Problem>& problems = plan.problems;
    const std::size_t runs = plan.runs();
    QString text = tr("%1 × %2 = <b>%3</b>, stored in %4.")
                       .arg(Words::arms(plan.arms.size()), Words::seeds(study.seeds.size()), Words::runs(runs),
                            m_workspace.hasDatabase() ? qs(m_workspace.databaseFile().string()).toHtmlEscaped()
                                                      : tr("no database"));
    if (problems.empty()) {
        const CostEstimate cost = m_workspace.read([&](const StoreReader& reader) { return study_cost(plan, &reader); },
                                                   study_cost(plan, nullptr));
        const int cores = std::max(1, QThread::idealThreadCount());
        text += tr("<br>About <b>%1</b> in the window's worker thread, %2 in %3 processes (%4).")
                    .arg(qs(format_duration(cost.seconds)),
                         qs(format_duration(cost.seconds / std::min<double>(cores, static_cast<double>(runs)))))
                    .arg(cores)
                    .arg(cost.measured ? tr("based on stored runs") : tr("an estimate: no runs are stored yet"));
    }
    m_text->setText(text);
    m_problems->clear();
    for (const Problem& problem : problems) {
        QString line = qs(to_line(problem));
        if (!line.endsWith(QLatin1Char('?'))) line += QLatin1Char('.');
        m_problems->addItem(
            new QListWidgetItem(icon(QStringLiteral("warn"), Role::error), line + tr(" Press Enter to go there.")));
    }
    const std::optional<Error>& fault = m_workspace.inputFault();
    if (fault)
        m_problems->addItem(new QListWidgetItem(icon(QStringLiteral("warn"), Role::error), qs(fault->what())));
    else if (problems.empty() && m_workspace.inputsChecked())
        m_problems->addItem(new QListWidgetItem(icon(QStringLiteral("check"), Role::good), tr("No problems found.")));
    else if (problems.empty())
        m_problems->addItem(new QListWidgetItem(tr("The rows of the task are being read.")));
    if (study.seeds.size() < 3)
        m_problems->addItem(new QListWidgetItem(icon(QStringLiteral("warn"), Role::warning),
                                                tr("Fewer than three seeds: the curves will have no intervals.")));
    m_start->setText(tr("Start %n run(s)", nullptr, static_cast<int>(runs)));
    const int blocking = fault ? 1 : static_cast<int>(problems.size());
    const QString why = m_workspace.running()          ? tr("A study is already running.")
                        : !m_workspace.hasDatabase()   ? tr("No database is open.")
                        : m_workspace.readOnly()       ? tr("The database is read-only.")
                        : blocking > 0                 ? tr("%n problem(s) prevent(s|) the start.", nullptr, blocking)
                        : !m_workspace.inputsChecked() ? tr("The rows of the task are being read.")
                                                       : QString();
    m_why->setText(why);
    m_start->setEnabled(why.isEmpty());
    if (problems.empty() && !m_workspace.inputsChecked())
        m_progress.start();
    else
        m_progress.stop();
}

} // namespace diapason::ui
