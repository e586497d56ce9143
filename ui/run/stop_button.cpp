#include "ui/run/stop_button.h"

#include "ui/theme/icons.h"
#include "ui/theme/labels.h"

#include <algorithm>

namespace diapason::ui {
namespace {

constexpr int around = 42; // icon, padding and border

bool atWork(const QueueEntry& entry) {
    return !is_terminal(entry.state) && entry.state != RunState::queued;
}

} // namespace

StopButton::StopButton(QWidget* parent) : QPushButton(ui::icon(QStringLiteral("stop")), {}, parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    fit();
}

QString StopButton::whole() const {
    return m_run == 0 ? tr("Stop run") : tr("Stop %1, seed %2").arg(m_arm, m_seed);
}

void StopButton::offer(const std::vector<QueueEntry>& queue, RowId selected) {
    const QueueEntry* offered = nullptr;
    for (const QueueEntry& entry : queue) {
        if (atWork(entry) && (offered == nullptr || entry.run == selected)) offered = &entry;
    }
    m_run = offered == nullptr ? 0 : offered->run;
    m_arm = offered == nullptr ? QString() : qs(offered->arm_label);
    m_seed = offered == nullptr ? QString() : QString::number(offered->seed);
    setEnabled(offered != nullptr);
    setAccessibleName(whole());
    setToolTip(offered == nullptr ? tr("Stop a run (Ctrl+.)") : tr("%1 (Ctrl+.)").arg(whole()));
    fit();
}

QSize StopButton::sizeHint() const {
    return {fontMetrics().horizontalAdvance(tr("Stop run")) + around, QPushButton::sizeHint().height()};
}

void StopButton::resizeEvent(QResizeEvent* event) {
    QPushButton::resizeEvent(event);
    fit();
}

// The arm gives way before the seed does.
void StopButton::fit() {
    const QFontMetrics metrics = fontMetrics();
    const int room = std::max(0, width() - around);
    QString text = whole();
    if (m_run != 0 && metrics.horizontalAdvance(text) > room) {
        const int rest = metrics.horizontalAdvance(text) - metrics.horizontalAdvance(m_arm);
        text = tr("Stop %1, seed %2").arg(metrics.elidedText(m_arm, Qt::ElideMiddle, std::max(0, room - rest)), m_seed);
    }
    setText(shortcutFree(text));
}

} // namespace diapason::ui
